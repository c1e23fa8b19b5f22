export { type DrivenHostSettings, openDrivenHost } from './driven-host.ts';
