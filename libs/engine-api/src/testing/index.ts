export { type AnswerType, checkAnswer } from './answer-schemas.ts';
export { busyboxArchive, busyboxImage, type BusyboxImage, busyboxPath } from './busybox-archive.ts';
export { type CliOptions, type CliResult, docker, dockerOnTerminal, onHost } from './docker-cli.ts';
export { type Answer, ask, type EngineUnderTest, type Method, type Sent } from './engine-under-test.ts';
export { type Peer, peerPath } from './peers.ts';
export { RawClient, type RawHead } from './raw-client.ts';
export { type Dockerd, startDockerd } from './start-dockerd.ts';
export { type TarEntry, tarOf } from './tar.ts';
