import type { FileEntry } from '@gantry/engine-api/client';
import { sortObjects } from '../lists/object-column.ts';
import { languageOf } from './code-languages.ts';
import { chosenFiles } from './dropped-files.ts';
import { fileColumns } from './file-columns.ts';
import { joinPath, modeText, nameOf, parentOf } from './files.ts';
import { dataAddress, hexLines, imageType, readText, writeText } from './read-text.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test.each(['a\nb\n', 'a\r\nb\r\n', '\uFEFFname: x\n', '', 'no end', 'ünïcode 配置\n'])('the text %j comes back byte by byte', (content) => {
  const read = readText(bytes(content));
  if (read.kind !== 'text') throw new Error(read.kind);
  expect(read.text).not.toContain('\r');
  expect(writeText(read.text, read)).toEqual(bytes(content));
});

test('what would not come back is not edited: mixed line ends, bytes that are no UTF-8, and programs', () => {
  expect(readText(bytes('a\r\nb\n')).kind).toBe('mixed');
  expect(readText(bytes('a\rb')).kind).toBe('mixed');
  expect(readText(Uint8Array.of(0x68, 0xff, 0x69)).kind).toBe('binary');
  expect(readText(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0)).kind).toBe('binary');
});

test('bytes are shown as hexdump shows them', () => {
  expect(hexLines(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46))).toEqual([`00000000  7f 45 4c 46${' '.repeat(36)}  |.ELF|`]);
});

test('permissions are written as ls writes them', () => {
  expect(modeText({ type: 'file', mode: 0o644 })).toBe('-rw-r--r--');
  expect(modeText({ type: 'directory', mode: 0o1777 })).toBe('drwxrwxrwt');
  expect(modeText({ type: 'file', mode: 0o4711 })).toBe('-rws--x--x');
  expect(modeText({ type: 'file', mode: 0o2644 })).toBe('-rw-r-Sr--');
});

test('paths are put together and taken apart', () => {
  expect([joinPath('/', 'a'), joinPath('/a', 'b')]).toEqual(['/a', '/a/b']);
  expect([nameOf('/a/b'), nameOf('/')]).toEqual(['b', '']);
  expect([parentOf('/a/b'), parentOf('/a'), parentOf('/')]).toEqual(['/a', '/', '/']);
});

test('directories come before files, whatever numbers their names begin with', () => {
  const rowOf = (name: string, type: FileEntry['type']) => {
    const entry = { name, type, sizeBytes: 0, mode: 0, uid: 0, gid: 0, modifiedAtMs: 0, etag: '' };
    return { key: name, host: '', name, entry };
  };
  const rows = [
    rowOf('app.yaml', 'file'),
    rowOf('2026', 'directory'),
    rowOf('10.log', 'file'),
    rowOf('9.log', 'file'),
    rowOf('avatars', 'directory'),
  ];
  const sorted = sortObjects(rows, fileColumns, { field: 'name', isDescending: false });
  expect(sorted.map(({ name }) => name)).toEqual(['2026', 'avatars', '9.log', '10.log', 'app.yaml']);
});

test.each([
  ['/etc/app.yaml', '', 'yaml'],
  ['/x/package.json', '', 'json'],
  ['/build/Dockerfile', '', 'dockerfile'],
  ['/build/api.dockerfile', '', 'dockerfile'],
  ['/etc/nginx/conf.d/site', '', 'nginx'],
  ['/etc/my.cnf', '', 'ini'],
  ['/app/.env', '', 'ini'],
  ['/bin/start', '#!/usr/bin/env bash\necho', 'shell'],
  ['/bin/start', '#!/bin/sh\n', 'shell'],
  ['/notes.txt', 'hello', undefined],
])('%s, which begins with %j, is written in %s', (path, content, language) => {
  expect(languageOf(path, content)).toBe(language);
});

test('a picture is known by its first bytes, and held by its address', () => {
  expect(imageType(new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d]))).toBe('image/png');
  expect(imageType(new TextEncoder().encode('RIFF....WEBPVP8 '))).toBe('image/webp');
  expect(imageType(new TextEncoder().encode('name: x'))).toBeUndefined();
  expect(imageType(new Uint8Array())).toBeUndefined();
  expect(dataAddress('image/png', new Uint8Array(70_000))).toMatch(/^data:image\/png;base64,A+=*$/);
});

test('a file of a chosen folder knows where it lies in it', () => {
  const inFolder = Object.assign(new File(['x'], 'a.css'), { webkitRelativePath: 'site/css/a.css' });
  expect(chosenFiles([inFolder, new File(['x'], 'b.txt')]).map(({ path }) => path)).toEqual(['site/css/a.css', 'b.txt']);
});
