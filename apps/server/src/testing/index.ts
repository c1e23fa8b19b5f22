export { type Answer, TestBrowser } from './browser.ts';
export { addViewer, ownersPassword, setUp, viewersPassword } from './people.ts';
export { startTestServer, type TestServer } from './start-test-server.ts';
