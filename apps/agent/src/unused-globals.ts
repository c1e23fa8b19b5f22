// To name one of these has Node load what is behind it (its HTTP client and browser streams: megabytes), and socket.io-client asks whether each is
// there. An agent uses none of them. Imported first of all.
for (const name of ['Blob', 'File', 'WebSocket', 'navigator']) Reflect.deleteProperty(globalThis, name);
