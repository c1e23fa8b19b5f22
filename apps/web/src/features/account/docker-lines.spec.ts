import { dockerLines } from './docker-lines.ts';

test('the lines name the server, its authority where it has one of its own, and a context of a host', () => {
  expect(dockerLines({ url: 'https://box:7443', fingerprint: 'ab12', host: 'web1' })).toEqual({
    login: './gantry login https://box:7443 \\\n  --fingerprint ab12',
    use: 'docker --context gantry-web1 ps',
    proxy: './gantry proxy web1',
  });
  expect(dockerLines({ url: 'https://gantry.example.org' }).login).toBe('./gantry login https://gantry.example.org');
});

test('a host with an odd name gets the context that login makes, and is quoted for the shell', () => {
  expect(dockerLines({ url: 'https://box', host: "the lab's $1" })).toMatchObject({
    use: 'docker --context gantry-the-lab-s-1 ps',
    proxy: String.raw`./gantry proxy 'the lab'\''s $1'`,
  });
});
