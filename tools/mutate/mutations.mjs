import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const door = 'apps/server/src/door';
const admission = 'libs/access/src/admission';

/** The specs that try the door without a database or root. */
const fast = ['scopes', 'lists', 'matrix', 'event-answers', 'known-things', 'rules', 'reserved-labels', 'masks'].map(
  (name) => `${door}/${name}.spec.ts`,
);
const whole = [`${door}/door.spec.ts`];
const elevated = [`${admission}/elevated.spec.ts`];

/** The spec that most likely holds a rule of the file. */
const nearest = [
  ['lists', /answer-filter|container-answers|image-answers|network-answers|system-answers/],
  ['event-answers', /event-answers/],
  ['known-things', /known-things/],
  ['rules', /engine-target|strict-|forward/],
  ['reserved-labels', /reserved-labels/],
  ['scopes', /./],
];

function rule(file, from, to = '', specs = fast) {
  const [name] = nearest.find(([, files]) => files.test(file));
  const near = `${door}/${name}.spec.ts`;
  return { file: `${door}/${file}.ts`, from, to, specs: specs === fast ? [near, ...fast.filter((spec) => spec !== near)] : specs };
}

/** Each guard, filter and rule of the engine door, and what removes it. */
const byHand = [
  // The order of the guard.
  rule('guarded-engines', '!sight?.seesHost', '!sight'),
  rule('guarded-engines', "host?.status !== 'active' || ", '!host || '),
  rule('guarded-engines', 'if (!match)', 'if (!match && visit.never)', whole),
  rule('guarded-engines', '    refuseHopeless(match.route, sight);\n'),
  rule('guarded-engines', '    refuseReservedLabels(asked);\n'),
  rule('guarded-engines', '    refuseMasks(asked.body?.value);\n'),
  rule('guarded-engines', '    refuseDefaultBridge(asked, sight);\n'),
  rule('guarded-engines', '    await refuseForeignExec(asked, host, { owners: this.state.owned.execs, principal, signal });\n'),
  rule('guarded-engines', 'askingForAll(creating.call, sight)', 'creating.call'),
  rule('guarded-engines', 'const intent = await this.#intend(visit, call, elevated);', 'const intent = undefined;', fast),
  rule('guarded-engines', 'const answer = await filterAnswer(response,', 'const answer = response ?? await filterAnswer(response,'),
  rule('guarded-engines', 'if (isRefusedByNature(match, host)) return refusalOfRow(request, host);'),
  rule('guarded-engines', 'const signal = AbortSignal.any([request.signal, visitor.ended]);', 'const signal = request.signal;', whole),
  rule('guarded-engines', '    await this.audit.note({', '    if (visit.never) await this.audit.note({', whole),
  // The verdict.
  rule('verdict', '  for (const one of named) allowNamed(one, route, sight);\n'),
  rule('verdict', '  if (created) allow(sight.may(permissionOf(route), created), route.permission);\n'),
  rule('verdict', '  if (isAboutNothing) allow(', '  if (!isAboutNothing && created === null) allow('),
  rule('verdict', 'for (const permission of permissionsOnHost(asked)) allow(sight.may(permission), permission);'),
  rule('verdict', "  if (!sight.mayEverywhere('image:pull')) refuseLoosePull(call);\n"),
  rule('verdict', "if (elevated.length > 0 && !sight.may('container:elevated'))", 'if (elevated.length < 0)'),
  rule('verdict', '  if (!isSeenImage) throw needed(needs);\n'),
  rule('verdict', 'reference.needs ?? permissionOf(route)', 'permissionOf(route)'),
  // What is found.
  rule('host-things', 'told.filter((one) => sight.sees(one, needs)),\n      asked', 'told,\n      asked'),
  rule('host-things', 'told.filter((one) => sight.sees(one, needs)),\n      name ===', 'told,\n      name ==='),
  rule('host-things', '|| !this.#look.sight.sees(volume, needs)', ''),
  rule('host-things', '    if (!isSeen) throw missing;\n'),
  rule('host-things', 'references.has(familiarReference(name)))', 'true)'),
  rule(
    'host-things',
    '(await this.#allContainers()).filter((item) => this.#look.sight.sees(containerOf(item)))',
    'await this.#allContainers()',
  ),
  rule('host-things', '(await this.#allNetworks()).filter((item) => this.#look.sight.sees(networkOf(item)))', 'await this.#allNetworks()'),
  rule('host-things', 'if (other) throw new Failure(', 'if (other && !one) throw new Failure('),
  rule('host-things', '  if (byId) return byId;\n'),
  rule(
    'sight',
    "thing?.kind === 'network' && thing.name === 'bridge' && permission === 'network:connect' && this.sharesBridge",
    "thing?.name === 'bridge'",
  ),
  rule('sight', "kind === 'image' || (kind === 'network' && predefinedNetworks.includes(name))", "kind === 'image'"),
  rule('exec-rule', 'owner.userId === principal.userId', 'true'),
  rule('references', "if (thing.kind !== 'image') return thing.id;", "if (thing.kind !== 'image') return undefined;"),
  rule('references', 'return isPinned ||', 'return'),
  // What is made.
  rule('as-created', 'if (existing && !things.sight.sees(existing))', 'if (existing === null)'),
  rule('as-created', '...withoutPlace(image?.labels ?? {}, { keys, given: body.Labels ?? {} }), ', ''),
  rule('as-created', 'const added = { ...own, ...stamp };', 'const added = own;'),
  rule('scope-labels', 'if (!one) throw', 'if (!one && permission === null) throw'),
  rule('scope-labels', '  if (other) throw new Failure', '  if (other && !one) throw new Failure'),
  // What is answered.
  ...[
    'ContainerList: listContainers',
    'ContainerInspect: inspectContainer',
    'ImageInspect: inspectImage',
    'ImageHistory: imageHistory',
  ].map((entry) => rule('answer-filter', `  ${entry},\n`)),
  ...[
    'ImageList: listImages',
    'NetworkList: listNetworks',
    'NetworkInspect: inspectNetwork',
    'VolumeList: listVolumes',
    'SystemDataUsage: diskUsage',
    'GantryTopology: topology',
  ].map((entry) => rule('answer-filter', `  ${entry},\n`)),
  rule('answer-filter', "  if (name === 'SystemInfo') return systemInfo;\n"),
  rule('answer-filter', "  if (name === 'SystemEvents')", '  if (name === null)'),
  rule('answer-filter', '...(await withoutUnseenNames(response, looking.things))', '...response'),
  rule('answer-filter', '  return new Map([...passed, ...ownHeaders]);', '  return new Map(passed);', whole),
  rule('answer-filter', "(headers.has(name) ? [[name, headers.get(name) ?? ''] as const] : [])", '[]).concat([...headers]', whole),
  rule('container-answers', '.filter((item) => sight.sees(containerOf(item)))'),
  rule('container-answers', "sight.may('env:reveal', containerOf(item)) ? item : maskedItem(item)", 'item'),
  rule('image-answers', '.filter(({ Id }) => seen.ids.has(Id))'),
  rule('image-answers', 'image.RepoTags.filter((tag) => seen.references.has(familiarReference(tag)))', 'image.RepoTags'),
  rule('image-answers', "...('Containers' in image ? { Containers: -1 } : {}),"),
  rule('image-answers', 'Tags.filter((tag) => seen.references.has(familiarReference(String(tag))))', 'Tags'),
  rule('network-answers', '.filter((item) => things.sight.sees(networkOf(item)))'),
  rule('network-answers', '.filter(([id]) => seen.has(id))'),
  rule('network-answers', '.filter((item) => looking.things.sight.sees(volumeOf(item)))'),
  rule('network-answers', 'whole.networks.filter(({ id }) => networkIds.has(id))', 'whole.networks'),
  rule('network-answers', 'containerIds.has(container) && networkIds.has(networkId)', 'true'),
  rule('network-answers', '.filter(({ name }) => names.has(name))'),
  rule('network-answers', 'whole.ports.filter(({ container }) => containerIds.has(container))', 'whole.ports'),
  rule('network-answers', 'routes: [], ', ''),
  rule('system-answers', 'told.filter((name) => name in (answer as Json))', 'Object.keys(answer as Json)'),
  rule('system-answers', '  if (things.sight.seesEverything) return shown;\n', '  if (shown) return shown;\n'),
  rule('system-answers', 'name, withoutUser(info[name])', 'name, info[name]'),
  rule('system-answers', '?.filter((item) => sight.sees(containerOf(item)))', ''),
  rule('system-answers', '?.filter((item) => sight.sees(volumeOf(item)))', '?'),
  rule('system-answers', 'RefCount: users.filter((user) => mounts(user, volume.Name)).length', ''),
  rule('event-answers', "if (!sight.may('event:view', thing)) return undefined;"),
  rule('event-answers', '    if (!isUserSeen) return undefined;\n'),
  rule('event-answers', "return sight.mayEverywhere('event:view') ? event : undefined;", 'return event;'),
  rule('event-answers', "return sight.mayEverywhere('event:view') ? masked(event, attributes) : undefined;", 'return event;'),
  rule('event-answers', "kind !== 'container' || sight.may('env:reveal', thing) ? event : masked(event, attributes)", 'event'),
  rule('known-things', 'nowMs - entry.goneAtMs <= keptGoneMs', 'true'),
  rule('audited-answer', "  if (route.lists !== 'removed' || status >= 300) {", '  if (route.lists !== null) {'),
  // What is read.
  rule('engine-target', "segment === '' || segment === '.' || segment === '..'", 'false'),
  rule('engine-target', String.raw`if (/[\p{Cc}\\]/u.test(decoded))`, 'if (decoded === null)'),
  rule('engine-target', 'if (/%2f/i.test(path) && !mayEscapeSlash.test(path))', 'if (path === null)'),
  rule('engine-target', 'if (/%/.test(decoded))', 'if (decoded === null)'),
  rule('guarded-call', String.raw`if (/^(application\/x-www-form-urlencoded|multipart\/)/i.test(type))`, 'if (type === null)', fast),
  rule('strict-body', "if (!isJson && (type !== '' || text !== ''))", 'if (type === null)'),
  rule('strict-body', '  checkDepth(json, 0);\n'),
  rule('strict-body', '  refuseDoubles(schema, json);\n'),
  rule('strict-body', '    if (sizeBytes > largestBytes)', '    if (sizeBytes < 0)'),
  rule('strict-body', 'const folded = isMap ? name : name.toLowerCase();', 'const folded = name;'),
  rule('strict-query', '    if (!kind) throw', '    if (!kind) continue; else if (given === null) throw'),
  rule('strict-query', "if (kind !== 'texts' && given.length > 1)", 'if (kind === null)'),
  rule('reserved-labels', '...Object.keys(own ?? {}), '),
  rule('reserved-labels', '...ofVolumes, '),
  rule('reserved-labels', "...labelsOf(query.values['labels']), "),
  rule('reserved-labels', "...ofChanges(query.values['changes'])"),
  rule('forward', 'const kept = route.requestHeaders.flatMap(', 'const kept = [...headers.keys()].flatMap(', whole),
];

/** Every rule of HostConfig, and every other dangerous field, one after the other. */
function admissionRules() {
  const host = readFileSync(join(root, admission, 'elevated-host-config.ts'), 'utf8');
  const [, table = ''] = /const rules: Rules = \{\n(.*?)\n\};/s.exec(host) ?? [];
  const ofHost = [...table.matchAll(/^ {2}(\w+): (?!plain)(.*?),(?=\n {2}\w+: |\s*$)/gms)].map(([text, field]) => ({
    file: `${admission}/elevated-host-config.ts`,
    from: `\n${text}`,
    to: `\n  ${field}: plain,`,
    specs: elevated,
  }));
  const others = readFileSync(join(root, admission, 'elevated.ts'), 'utf8');
  const claims = [...others.matchAll(/^ {6}('?[\w-]+'?): (.*?),$/gm)].map(([text, field]) => ({
    file: `${admission}/elevated.ts`,
    from: `\n${text}`,
    to: `\n      ${field}: false,`,
    specs: elevated,
  }));
  const onHost = ['ImageCommit', 'ImageCreate', 'ImageBuild'].map((route) => ({
    file: `${admission}/permissions-on-host.ts`,
    from: `route === '${route}'`,
    to: 'route === undefined',
    specs: fast,
  }));
  return [...ofHost, ...claims, ...onHost];
}

export const mutations = [...byHand, ...admissionRules()];
