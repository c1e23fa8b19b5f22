export { type Answer, TestBrowser } from './browser.ts';
export { addPerson, addViewer, ownersPassword, setUp, viewersPassword } from './people.ts';
export { startTestServer, type TestServer } from './start-test-server.ts';
export { container, facts, TestAgent } from './agent.ts';
export { openDatabaseOf } from './database.ts';
export { type Reached, scriptedEngine } from './scripted-engine.ts';
