// What threads that work with files need: without the schemas and the client of registries, so that they start quickly.
export { type Digest, Digester } from '../digest/digest.ts';
export { type Compression, decompressed, detectCompression, type ForeignCompression } from '../compression/decompress.ts';
export { byteText, readableText, type TarEntry, type TarHeader, type TarPiece, type TarType } from './entry.ts';
export { readTar } from './read-tar.ts';
export { type TarInput, writeTar } from './write-tar.ts';
