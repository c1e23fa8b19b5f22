// The half of the link that runs in a browser: no node imports.
export { remoteEngine } from '../channels/remote-engine.ts';
export { socketWire, type Wire, type WireSocket } from '../channels/wire.ts';
