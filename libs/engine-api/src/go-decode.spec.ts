import { decodeGo } from './go-decode.ts';
import { type GoJson, parseGoJson } from './go-json.ts';
import { containerCreate } from './routes/bodies/container-create.ts';

const decode = (text: string) => decodeGo(containerCreate, parseGoJson(text));
const failureOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return 'no failure';
};

test('fields match in any case, an exact name first', () => {
  expect(decode('{"iMAGE":"a","hostconfig":{"MEMORY":1}}')).toEqual({ Image: 'a', HostConfig: { Memory: 1 } });
});

test('a later member of the same name merges into the earlier one', () => {
  expect(decode('{"HostConfig":{"Privileged":false,"Memory":1},"hostconfig":{"privileged":true}}')).toEqual({
    HostConfig: { Privileged: true, Memory: 1 },
  });
  expect(decode('{"Labels":{"a":"1"},"labels":{"b":"2"}}')).toEqual({ Labels: { a: '1', b: '2' } });
  expect(decode('{"Env":["a"],"ENV":["b"]}')).toEqual({ Env: ['b'] });
});

test('the keys of a map keep their case', () => {
  expect(decode('{"Labels":{"Team":"a","team":"b"}}')).toEqual({ Labels: { Team: 'a', team: 'b' } });
});

test('null leaves a field as it is, and is the zero value in a list', () => {
  expect(decode('{"Image":"a","image":null,"Env":null,"Entrypoint":null}')).toEqual({ Image: 'a' });
  expect(decode('{"Env":["a",null],"HostConfig":{"PortBindings":{"80/tcp":null}}}')).toEqual({
    Env: ['a', ''],
    HostConfig: { PortBindings: { '80/tcp': [] } },
  });
});

test('a command may be one string', () => {
  expect(decode('{"Cmd":"top","Entrypoint":["a","b"]}')).toEqual({ Cmd: ['top'], Entrypoint: ['a', 'b'] });
});

test('members that the schema does not know are told and dropped', () => {
  const told: string[] = [];

  const value = decodeGo(containerCreate, parseGoJson('{"Colour":1,"HostConfig":{"Shape":{},"Memory":2}}'), (at) => told.push(at));

  expect(value).toEqual({ HostConfig: { Memory: 2 } });
  expect(told).toEqual(['Colour', 'HostConfig.Shape']);
});

test.each([
  ['{"Image":5}', 'invalid JSON: json: cannot unmarshal number into Go struct field Image of type string'],
  ['{"HostConfig":{"Memory":"1g"}}', 'invalid JSON: json: cannot unmarshal string into Go struct field HostConfig.Memory of type int64'],
  ['{"HostConfig":{"Memory":1.5}}', 'invalid JSON: json: cannot unmarshal number 1.5 into Go struct field HostConfig.Memory of type int64'],
  ['{"Env":{}}', 'invalid JSON: json: cannot unmarshal object into Go struct field Env of type slice'],
  ['{"Tty":"yes"}', 'invalid JSON: json: cannot unmarshal string into Go struct field Tty of type bool'],
  ['{"Labels":[]}', 'invalid JSON: json: cannot unmarshal array into Go struct field Labels of type map'],
  ['[]', 'invalid JSON: json: cannot unmarshal array into Go value of type struct'],
])('%s is refused: %s', (text, message) => {
  expect(failureOf(() => decode(text))).toBe(message);
});

test.each([
  ['', 'invalid JSON: got EOF while reading request body'],
  ['{', 'invalid JSON: unexpected EOF'],
  ['{"a":1', 'invalid JSON: unexpected EOF'],
  ['{"a" 1}', "invalid JSON: invalid character '1' after object key"],
  ['{a:1}', "invalid JSON: invalid character 'a' looking for beginning of object key string"],
  ['{"a":1,}', "invalid JSON: invalid character '}' looking for beginning of object key string"],
  ['[1,]', "invalid JSON: invalid character ']' looking for beginning of value"],
  ['[1 2]', "invalid JSON: invalid character '2' after array element"],
  ['nonsense', "invalid JSON: invalid character 'o' in literal null (expecting 'u')"],
  ['"a\nb"', String.raw`invalid JSON: invalid character '\n' in string literal`],
  ['{} {}', 'unexpected content after JSON'],
  ['['.repeat(600), 'invalid JSON: exceeded max depth'],
])('%p is bad JSON: %s', (text, message) => {
  expect(failureOf(() => parseGoJson(text))).toBe(message);
});

test('a document is read as JSON.parse reads it', () => {
  const text = String.raw`{"a":[1,-2.5e3,true,false,null,"é\"\u00e9\n"],"b":{"c":{}},"":0}`;
  const plain = (json: GoJson): unknown => {
    if (Array.isArray(json)) return json.map(plain);
    return typeof json === 'object' && json !== null && 'members' in json
      ? Object.fromEntries(json.members.map(([name, value]) => [name, plain(value)]))
      : json;
  };

  expect(plain(parseGoJson(` ${text}\n`))).toEqual(JSON.parse(text));
});

test('a member named __proto__ is a member', () => {
  const labels = decode('{"Labels":{"__proto__":"x"}}').Labels;

  expect(Object.entries(labels ?? {})).toEqual([['__proto__', 'x']]);
});
