import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { describeApi } from './http/api-description.ts';
import { FailureFilter } from './http/failure.filter.ts';
import { setSecurityHeaders } from './http/security-headers.ts';
import { SocketAdapter } from './http/socket-adapter.ts';
import { serveWeb } from './http/web.ts';
import { ApiDescription } from './operations/api-description.ts';
import type { Certified } from './tls/authority.ts';

export interface AppParts {
  readonly module: DynamicModule;
  readonly certificate: Certified | undefined;
}

const headersLimitMs = 10_000;
const requestLimitMs = 60_000;

/** The application on its HTTP server, not listening yet. */
export async function createApp({ module, certificate }: AppParts): Promise<NestExpressApplication> {
  const tls = certificate ? { httpsOptions: { key: certificate.key, cert: certificate.certificate, minVersion: 'TLSv1.2' as const } } : {};
  const app = await NestFactory.create<NestExpressApplication>(module, {
    logger: ['error', 'warn'],
    abortOnError: false,
    forceCloseConnections: true,
    bodyParser: false,
    ...tls,
  });
  const server = app.getHttpServer();
  server.headersTimeout = headersLimitMs;
  server.requestTimeout = requestLimitMs;
  app.useWebSocketAdapter(new SocketAdapter(app));
  app.disable('x-powered-by');
  app.use(setSecurityHeaders);
  serveWeb(app);
  app.useBodyParser('json', { limit: '1mb', type: 'application/json', strict: true });
  app.useGlobalFilters(new FailureFilter());
  app.get(ApiDescription).offer(() => describeApi(app));
  return app;
}
