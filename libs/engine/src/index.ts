export { defaultEngineConfig, type EngineConfig, parseEngineConfig, readEngineConfig } from './config.ts';
export { type NativeEngine, type NativeEngineSettings, openNativeEngine } from './native-engine.ts';
