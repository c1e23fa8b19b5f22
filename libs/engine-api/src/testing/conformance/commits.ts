import { ask, type EngineUnderTest } from '../engine-under-test.ts';
import { type Container, createContainer, exitCodeOf, runContainer, uniqueName } from '../fixtures.ts';
import { tarOf } from '../tar.ts';
import { specsOf } from './specs-of.ts';

interface ImageView {
  readonly Id: string;
  readonly Parent: string;
  readonly Config: Readonly<Record<string, unknown>>;
  readonly RootFS: { readonly Layers: string[] };
}

/** Images that are made of containers and tars, and what becomes of images that others were made on top of. */
export function commitConformance(engine: () => EngineUnderTest): void {
  const test = specsOf(engine);
  const ended = async (script: string, config: Readonly<Record<string, unknown>> = {}): Promise<Container> => {
    const container = await runContainer(engine(), script, config);
    await exitCodeOf(engine(), container);
    return container;
  };
  const commit = async ({ id }: Container, query: string, body?: object): Promise<string> => {
    const answer = await ask(engine(), `POST /commit?container=${id}&${query}`, { ...(body && { body }) });
    expect(answer).toMatchObject({ status: 201 });
    return (answer.value as { Id: string }).Id;
  };
  const image = async (name: string): Promise<ImageView> =>
    (await ask(engine(), `GET /v1.41/images/${name}/json`, { as: 'ImageInspect' })).value as ImageView;
  const changes = (...lines: readonly string[]): string => lines.map((line) => `changes=${encodeURIComponent(line)}`).join('&');

  test('an image of a container has its changes as one more layer, and containers of it see them', async () => {
    const container = await ended(
      'mkdir -p /new; echo made >/new/f; rm /etc/group; rm -r /var/www; mkdir /var/www; echo w >/var/www/w; mknod /null c 1 3',
    );
    const name = uniqueName('image');

    const id = await commit(container, `repo=${name}&tag=1&author=me&comment=why`);

    const [made, base] = [await image(`${name}:1`), await image('busybox')];
    expect(made).toMatchObject({
      ...{ Id: id, Parent: base.Id, Author: 'me', Comment: 'why', Container: container.id, Os: 'linux' },
      ...{ ContainerConfig: { Hostname: container.id.slice(0, 12), Image: 'busybox' } },
      Config: { Hostname: container.id.slice(0, 12), Cmd: ['sh', '-c', expect.any(String) as unknown], Image: 'busybox', OnBuild: null },
      RootFS: { Layers: [...base.RootFS.Layers, expect.stringMatching(/^sha256:/) as unknown] },
    });
    const { value: history } = await ask(engine(), `GET /images/${name}:1/history`, { as: 'HistoryResponseItem[]' });
    expect(history).toEqual([
      expect.objectContaining({ Id: id, Comment: 'why', CreatedBy: expect.stringMatching(/^sh -c mkdir/) as unknown, Tags: [`${name}:1`] }),
      expect.objectContaining({ Id: base.Id, CreatedBy: 'busybox-static', Tags: ['busybox:latest'] }),
    ]);
    const again = await ended('cat /new/f && test ! -e /etc/group && ls /var/www && test -c /null', { Image: `${name}:1` });
    expect(await exitCodeOf(engine(), again)).toBe(0);
    const { body } = await ask(engine(), `GET /containers/${again.id}/logs?stdout=1`);
    expect(body.toString()).toMatch(/made\n[^]*w\n/);
  });

  test('changes in the words of a Dockerfile are put on top of the configuration of the container', async () => {
    const container = await createContainer(engine(), { Env: ['A=1'], Labels: { l: '1' }, Cmd: ['sh'], ExposedPorts: { '9/tcp': {} } });

    const id = await commit(
      container,
      changes(
        'ENV B=$A C="x y" D=${Z:-def} E=a\\ b',
        'LABEL q=r "s t"=u',
        'EXPOSE 80 443/udp 1000-1001',
        'VOLUME /v /w',
        'VOLUME ["/x y"]',
        'WORKDIR sub',
        'USER www',
        'ONBUILD run x',
        'HEALTHCHECK --interval=5s --retries=3 CMD foo bar',
        'ENTRYPOINT ["e", "f"]',
      ),
    );

    expect((await image(id)).Config).toMatchObject({
      ...{ User: 'www', WorkingDir: '/sub', Entrypoint: ['e', 'f'], Cmd: null, OnBuild: ['run x'] },
      Env: expect.arrayContaining(['A=1', 'B=1', 'C=x y', 'D=def', 'E=a b']) as unknown,
      Labels: { l: '1', q: 'r', 's t': 'u' },
      ExposedPorts: { '9/tcp': {}, '80/tcp': {}, '443/udp': {}, '1000/tcp': {}, '1001/tcp': {} },
      Volumes: { '/v': {}, '/w': {}, '/x y': {} },
      Healthcheck: { Test: ['CMD-SHELL', 'foo bar'], Interval: 5_000_000_000, Retries: 3 },
    });
  });

  test('a configuration in the request comes before that of the container', async () => {
    const container = await createContainer(engine(), { Env: ['A=1', 'B=2'], Labels: { l: '1', m: '1' }, Cmd: ['sh'] });

    const id = await commit(container, changes('CMD echo $A'), { Env: ['B=3'], Labels: { m: '2' }, WorkingDir: '/w' });

    expect((await image(id)).Config).toMatchObject({
      ...{ Cmd: ['/bin/sh', '-c', 'echo $A'], WorkingDir: '/w', Labels: { l: '1', m: '2' }, Hostname: '' },
      Env: ['B=3', expect.stringMatching(/^(A|PATH)=/) as unknown, expect.stringMatching(/^(A|PATH)=/) as unknown],
    });
  });

  test('a wrong change, name or container is refused', async () => {
    const container = await createContainer(engine(), {});
    const wrong: readonly [string, string][] = [
      [changes('RUN foo'), 'run is not a valid change command'],
      [changes(''), 'file with no instructions'],
      [changes('# nothing'), 'file with no instructions'],
      [changes('ONBUILD ONBUILD RUN x'), "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"],
      [changes('onbuild from x'), "FROM isn't allowed as an ONBUILD trigger"],
      [changes('STOPSIGNAL 9'), 'stopsignal is not a valid change command'],
      [changes('ENV foo'), 'ENV must have two arguments'],
      [changes('EXPOSE foo'), 'Invalid containerPort: foo'],
      [changes('ENV "C=x y"'), 'failed to process "\\"C": unexpected end of statement while looking for matching double-quote'],
    ];
    for (const [query, message] of wrong) {
      expect(await ask(engine(), `POST /commit?container=${container.id}&${query}`)).toMatchObject({ status: 400, message });
    }
    expect(await ask(engine(), 'POST /commit?container=nope')).toMatchObject({ status: 404, message: 'No such container: nope' });
    expect(await ask(engine(), `POST /commit?container=${container.id}&repo=a&tag=x/y`)).toMatchObject({ message: 'invalid tag format' });
  });

  test('an image with others on top stays as one without a name, and goes with the last of them', async () => {
    const [first, second] = [uniqueName('image'), uniqueName('image')];
    const id = await commit(await ended('echo 1 >/one'), `repo=${first}`);
    const top = await commit(await ended('echo 2 >/two', { Image: first }), `repo=${second}`);
    const { value } = await ask(engine(), `GET /containers/json?all=1&filters=${encodeURIComponent(JSON.stringify({ ancestor: [id] }))}`);
    for (const { Id } of value as { Id: string }[]) await ask(engine(), `DELETE /containers/${Id}`);

    const short = id.slice('sha256:'.length, 'sha256:'.length + 12);
    const message = `conflict: unable to delete ${short} (cannot be forced) - image has dependent child images`;
    expect(await ask(engine(), `DELETE /images/${id}?force=1`)).toMatchObject({ status: 409, message });
    expect((await ask(engine(), `DELETE /images/${first}`)).value).toEqual([{ Untagged: `${first}:latest` }]);
    const listed = async (query: string) =>
      ((await ask(engine(), `GET /images/json?${query}`)).value as { Id: string }[]).map(({ Id }) => Id);
    expect(await listed('all=1')).toContain(id);
    expect(await listed('')).not.toContain(id);
    expect(await ask(engine(), `DELETE /images/${id}`)).toMatchObject({ status: 409, message });

    const { value: removed } = await ask(engine(), `DELETE /images/${second}`);
    expect(removed).toEqual([
      { Untagged: `${second}:latest` },
      { Deleted: top },
      { Deleted: expect.stringMatching(/^sha256:/) as unknown },
      { Deleted: id },
      { Deleted: expect.stringMatching(/^sha256:/) as unknown },
    ]);
  });

  test('prune takes images without a name, and named ones only where it is told to', async () => {
    const label = uniqueName();
    const container = await createContainer(engine(), {});
    const change = changes(`LABEL ${label}=1`);
    const nameless = await commit(container, `comment=nameless&${change}`);
    const named = await commit(container, `repo=${label}&tag=1&${change}`);
    const prune = async (filters: Readonly<Record<string, readonly string[]>>) =>
      (await ask(engine(), `POST /images/prune?filters=${encodeURIComponent(JSON.stringify(filters))}`, { as: 'ImagePruneResponse' }))
        .value;

    expect(await prune({ label: [label], until: ['1h'] })).toEqual({ ImagesDeleted: null, SpaceReclaimed: 0 });
    expect(await prune({ label: [label] })).toEqual({ ImagesDeleted: [{ Deleted: nameless }], SpaceReclaimed: 0 });
    expect(await prune({ label: [label] })).toEqual({ ImagesDeleted: null, SpaceReclaimed: 0 });
    expect(await prune({ label: [label], dangling: ['false'] })).toEqual({
      ImagesDeleted: [{ Untagged: `${label}:1` }, { Deleted: named }],
      SpaceReclaimed: 0,
    });
  });

  test('a tar becomes an image of one layer', async () => {
    const name = uniqueName('image');
    const tar = tarOf([{ path: 'etc/' }, { path: 'etc/motd', content: 'hello' }]);

    const { status, body } = await ask(engine(), `POST /images/create?fromSrc=-&repo=${name}&message=mine&${changes('CMD x', 'ENV A=b')}`, {
      body: tar,
    });

    const made = await image(name);
    expect([status, JSON.parse(body.toString())]).toEqual([200, { status: made.Id }]);
    expect(made).toMatchObject({
      ...{ RepoTags: [`${name}:latest`], Parent: '', Comment: 'mine', Size: 5 },
      Config: { Cmd: ['/bin/sh', '-c', 'x'], Env: ['A=b'] },
    });
    expect((await ask(engine(), `GET /images/${name}/history`)).value).toEqual([
      expect.objectContaining({ Id: made.Id, CreatedBy: '', Comment: 'mine', Size: 5, Tags: [`${name}:latest`] }),
    ]);
    expect(await ask(engine(), `POST /images/create?fromSrc=-&repo=x@${made.Id}`, { body: tar })).toMatchObject({
      status: 400,
      message: 'cannot import digest reference',
    });
  });
}
