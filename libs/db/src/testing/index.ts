export { type ExternalPostgres, startExternalPostgres } from './external-postgres.ts';
export { seedPostgres } from './seed-postgres.ts';
