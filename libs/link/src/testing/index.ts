export { LinkServer } from './link-server.ts';
export { facts, TestAgent } from './test-agent.ts';
