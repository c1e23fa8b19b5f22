import { version } from '@gantry/base';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

/** The API as OpenAPI; the schemas are those of the contract rows. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder().setTitle('Gantry').setVersion(version);
  builder.setDescription('The server of Gantry. Engines of hosts answer the Docker Engine API below /engine/{hostId}.');
  return SwaggerModule.createDocument(app, builder.build());
}
