import { connect, createServer } from 'node:net';

// Runs inside the browser's network: carries each connection to the socket whose path is given, until that one's first connection ends.
const [, , path = '', port = ''] = process.argv;

createServer((inside) => {
  const outside = connect(path);
  inside.pipe(outside).pipe(inside);
  for (const [one, other] of [
    [inside, outside],
    [outside, inside],
  ] as const)
    one.on('error', () => other.destroy());
}).listen(Number(port), '127.0.0.1', () => {
  const lifeline = connect(path, () => lifeline.write('\0'));
  lifeline.on('close', () => process.exit()).on('error', () => process.exit());
});
