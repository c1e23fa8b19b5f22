export { type ExternalPostgres, startExternalPostgres } from './external-postgres.ts';
