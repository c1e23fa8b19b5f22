export { defaultEngineConfig, type EngineConfig, parseEngineConfig, readEngineConfig } from './config.ts';
export { verifyEngine, type VerifySettings, type VerifySummary } from './verify-engine.ts';
export { type NativeEngine, type NativeEngineSettings, openNativeEngine } from './native-engine.ts';
