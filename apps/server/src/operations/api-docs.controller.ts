import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Failure } from '@gantry/base';
import { getApiDescription, getApiPage, getApiPageFile } from '@gantry/contract';
import { Controller, Header, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Answers, Input, type InputOf } from '../http/contract-row.ts';
import { ApiDescription } from './api-description.ts';

const root = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const files: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
};
const start = `window.addEventListener('load', () => SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#page', supportedSubmitMethods: [] }));`;
const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Gantry API</title>
    <link rel="stylesheet" href="/api/docs/swagger-ui.css" />
    <script src="/api/docs/swagger-ui-bundle.js"></script>
    <script src="/api/docs/start.js"></script>
  </head>
  <body><div id="page"></div></body>
</html>
`;

/** The API description as JSON and as a page; nothing of it is fetched from elsewhere. */
@Controller()
export class ApiDocsController {
  constructor(private readonly description: ApiDescription) {}

  @Answers(getApiDescription)
  json(): object {
    return this.description.get();
  }

  @Answers(getApiPage)
  @Header('content-type', 'text/html; charset=utf-8')
  page(): string {
    return page;
  }

  @Answers(getApiPageFile)
  file(@Input() { params }: InputOf<typeof getApiPageFile>, @Res() response: Response): void {
    if (params.file === 'start.js') {
      response.type('text/javascript').send(start);
      return;
    }
    const type = Object.hasOwn(files, params.file) ? files[params.file] : undefined;
    if (type === undefined) throw new Failure('not-found', `no such file: ${params.file}`);
    response.type(type).sendFile(params.file, { root: join(root) });
  }
}
