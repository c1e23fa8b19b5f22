// Loads the archive of the second argument into the data root of the first, for a test that kills it in the middle.
import { createReadStream } from 'node:fs';
import { openImages } from '../images/open-images.ts';

const [, , dataRoot = '', archive = ''] = process.argv;
const kernel = { mountOverlay: () => Promise.resolve(), unmount: () => Promise.resolve(false) };
const images = await openImages({ kernel, dataRoot, events: { publish: () => undefined } });
console.log('loading');
for await (const message of images.load(createReadStream(archive), { signal: new AbortController().signal }))
  console.log(JSON.stringify(message));
console.log('loaded');
