import { differing } from './differences.ts';
import { ask, type EngineUnderTest } from '../engine-under-test.ts';

/** Version, information, ping, negotiation, and what an engine says to a request that it cannot read. */
export function systemConformance(engine: () => EngineUnderTest): void {
  test('ping answers OK with the headers by which clients negotiate', async () => {
    for (const line of ['GET /_ping', 'HEAD /_ping', 'GET /v1.24/_ping'] as const) {
      const { status, headers, body } = await ask(engine(), line);

      expect(status).toBe(200);
      expect(body.toString()).toBe(line.startsWith('HEAD') ? '' : 'OK');
      expect(headers).toMatchObject({
        'api-version': expect.stringMatching(/^1\.\d+$/) as unknown,
        'cache-control': 'no-cache, no-store, must-revalidate',
        'content-type': 'text/plain; charset=utf-8',
        'docker-experimental': 'false',
        ostype: 'linux',
        pragma: 'no-cache',
        server: expect.stringMatching(/ \(linux\)$/) as unknown,
      });
    }
  });

  test('version names the API versions that it speaks', async () => {
    const answer = await ask(engine(), 'GET /version', { as: 'SystemVersion' });

    expect(answer.value).toMatchObject({
      ApiVersion: answer.headers['api-version'],
      MinAPIVersion: expect.stringMatching(/^1\.\d+$/) as unknown,
      Os: 'linux',
      Arch: expect.stringMatching(/^(amd64|arm64)$/) as unknown,
      Components: expect.arrayContaining([expect.objectContaining({ Name: 'Engine' })]) as unknown,
      KernelVersion: expect.stringMatching(/^\d/) as unknown,
    });
  });

  test('info tells of the host and of what is there', async () => {
    const { value } = await ask(engine(), 'GET /info', { as: 'SystemInfo' });

    expect(value).toMatchObject({
      ID: expect.any(String) as unknown,
      Containers: expect.any(Number) as unknown,
      Images: expect.any(Number) as unknown,
      MemTotal: expect.any(Number) as unknown,
      NCPU: expect.any(Number) as unknown,
      OSType: 'linux',
      ServerVersion: expect.any(String) as unknown,
      Swarm: { LocalNodeState: 'inactive' },
    });
  });

  test('disk usage lists what takes space', async () => {
    const { status } = await ask(engine(), 'GET /v1.41/system/df', { as: 'SystemDataUsageResponse' });

    expect(status).toBe(200);
  });

  test.each(['/nothing', '/v1.41/nothing', '/containers/json/', '/vx/info'])('%s is no page', async (path) => {
    expect(await ask(engine(), `GET ${path}`)).toMatchObject({ status: 404, message: 'page not found' });
  });

  test.each([
    ['/v1.41//containers//some/json?size=1', '/v1.41/containers/some/json?size=1'],
    ['//info', '/info'],
    ['/containers/%2Fsome/json', '/containers/some/json'],
    ['/containers/./../info', '/info'],
  ])('%s leads to %s, where clients follow', async (path, location) => {
    const { status, headers } = await ask(engine(), `GET ${path}`);

    expect({ status, location: headers['location'] }).toEqual({ status: 301, location });
  });

  test('a method that a path does not have is no page', async () => {
    expect(await ask(engine(), 'PUT /info')).toMatchObject({ status: 404, message: 'page not found' });
  });

  test('a version that is too new is refused with the newest that it speaks', async () => {
    const newest = (await ask(engine(), 'GET /_ping')).headers['api-version'] as string;

    expect(await ask(engine(), 'GET /v1.99/info')).toMatchObject({
      status: 400,
      message: `client version 1.99 is too new. Maximum supported API version is ${newest}`,
    });
  });

  test('a version that is too old is refused with the oldest that it speaks', async () => {
    const { message, status } = await ask(engine(), 'GET /v1.1/info');

    expect(status).toBe(400);
    expect(message).toMatch(
      /^client version 1\.1 is too old\. Minimum supported API version is 1\.\d+, please upgrade your client to a newer version$/,
    );
  });

  test.each(['/swarm', '/services', '/nodes', '/tasks', '/secrets', '/configs'])('%s needs a swarm, which this is not', async (path) => {
    expect(await ask(engine(), `GET ${path}`)).toMatchObject({
      status: 503,
      message:
        'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    });
  });

  test('there are no plugins', async () => {
    expect((await ask(engine(), 'GET /plugins', { as: 'Plugin[]' })).value).toEqual([]);
    expect(await ask(engine(), 'GET /plugins/none/json')).toMatchObject({ status: 404 });
  });
}

/** How bodies, queries and filters are read: as Go reads them. */
export function readingConformance(engine: () => EngineUnderTest): void {
  const create = (body: string, type = 'application/json') =>
    ask(engine(), 'POST /containers/create', { body, headers: { 'content-type': type } });

  test.each(['{', '{"Image":', 'nonsense', '{"Image" "x"}', '[1'])('the body %p is bad JSON', async (body) => {
    expect(await create(body)).toMatchObject({
      status: differing('statusOfBadInput', engine()),
      message: expect.stringMatching(/invalid character|unexpected EOF/) as unknown,
    });
  });

  test('a field of another type is named', async () => {
    expect(await create('{"Image":5}')).toMatchObject({
      status: differing('statusOfBadInput', engine()),
      message: expect.stringMatching(/json: cannot unmarshal number into Go struct field .*Image of type string/) as unknown,
    });
  });

  test('a body that is not JSON by its type is refused', async () => {
    expect(await create('{"Image":"x"}', 'text/plain')).toMatchObject({
      status: 400,
      message: expect.stringMatching(/^(unsupported )?Content-Type .*text\/plain.* must be 'application\/json'$/) as unknown,
    });
    expect(await create('{"Image":"none-such"}', 'application/json; charset=utf-8')).toMatchObject({ status: 404 });
  });

  test('fields match in any case and unknown ones count for nothing', async () => {
    expect(await create('{"iMaGe":"none-such","Colour":"red"}')).toMatchObject({ status: 404, message: 'No such image: none-such:latest' });
  });

  test('filters come as lists and as maps', async () => {
    for (const filters of ['{"status":["running"]}', '{"status":{"running":true}}', '']) {
      expect(await ask(engine(), `GET /containers/json?filters=${encodeURIComponent(filters)}`)).toMatchObject({ status: 200 });
    }
  });

  test.each(['{"colour":["red"]}', '{', '[]', '{"status":"running"}'])('the filters %s are refused', async (filters) => {
    const { status, message } = await ask(engine(), `GET /containers/json?filters=${encodeURIComponent(filters)}`);

    expect(status).toBe(filters.includes('colour') ? 400 : differing('statusOfBadInput', engine()));
    if (filters.includes('colour')) expect(message).toMatch(/^invalid filter 'colour'$/i);
  });

  test('a limit that is no number is refused', async () => {
    expect(await ask(engine(), 'GET /containers/json?limit=x')).toMatchObject({
      status: differing('statusOfBadInput', engine()),
      message: 'strconv.Atoi: parsing "x": invalid syntax',
    });
  });
}
