import {
  addressAnswer,
  answerOf,
  formatResponse,
  nameAnswer,
  parseQuery,
  prepareAnswer,
  recordType,
  reversedAddress,
  truncated,
} from './dns-message.ts';

/** A query as a client writes it. */
function query(name: string, type: number): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]));
  return Buffer.concat([Buffer.from('12340100000100000000000000'.slice(0, 24), 'hex'), ...labels, Buffer.of(0, 0, type, 0, 1)]);
}

test('a query is read, its name in lower case', () => {
  expect(parseQuery(query('Web.Example', recordType.a))).toMatchObject({ id: 0x1234, name: 'web.example', type: 1, questionEnd: 29 });
});

test.each([
  ['too short', Buffer.alloc(5)],
  ['a response', Buffer.concat([Buffer.from('12348000000100000000000000'.slice(0, 24), 'hex'), Buffer.of(1, 97, 0, 0, 1, 0, 1)])],
  ['two questions', Buffer.concat([Buffer.from('123401000002000000000000', 'hex'), Buffer.of(1, 97, 0, 0, 1, 0, 1)])],
  ['a name without end', Buffer.concat([Buffer.from('123401000001000000000000', 'hex'), Buffer.of(60, 97, 0, 0, 1, 0, 1)])],
  ['a compressed name', Buffer.concat([Buffer.from('123401000001000000000000', 'hex'), Buffer.of(0xc0, 12, 0, 1, 0, 1, 0)])],
])('%s is no query', (_, bytes) => {
  expect(parseQuery(bytes)).toBeUndefined();
});

test('an answer repeats the question and points back at its name', () => {
  const asked = parseQuery(query('web', recordType.a));
  if (!asked) throw new Error('not parsed');

  const answer = formatResponse(asked, 0, [addressAnswer('172.18.0.2')]);

  expect(answer.toString('hex')).toBe(`123485800001000100000000037765620000010001c00c00010001000002580004ac120002`);
  expect(truncated(answer, asked.questionEnd).toString('hex')).toBe('1234878000010000000000000377656200' + '00010001');
});

test('an answer with one record or none takes no turn, and one with several a turn of its type', () => {
  const taken: number[] = [];
  const ask = (type: number, ...addresses: string[]): void => {
    const asked = parseQuery(query('web', type));
    if (!asked) throw new Error('not parsed');
    answerOf(prepareAnswer(asked, addresses), asked.bytes, (of) => taken.push(of));
  };

  ask(recordType.a, '172.18.0.2', '172.18.0.3');
  ask(recordType.aaaa, '172.18.0.2', '172.18.0.3');
  ask(recordType.a, '172.18.0.2');
  ask(recordType.aaaa, 'fd00::2', 'fd00::3');
  expect(taken).toEqual([recordType.a, recordType.aaaa]);
});

test('an answer that was prepared says what the query at hand says, and has another address first at each turn', () => {
  const asked = parseQuery(query('web', recordType.a));
  if (!asked) throw new Error('not parsed');
  const prepared = prepareAnswer(asked, ['172.18.0.2', 'fd00::2', '172.18.0.3', '172.18.0.4']);
  const other = Buffer.from('567800000001000000000000', 'hex');
  const lastBytes = (answer: Buffer): (number | undefined)[] => [0, 1, 2].map((index) => answer[asked.questionEnd + 16 * index + 15]);

  const answers = [0, 1, 2, 3].map((turn) => answerOf(prepared, other, () => turn));

  expect(answers.map(lastBytes)).toEqual([
    [2, 3, 4],
    [3, 4, 2],
    [4, 2, 3],
    [2, 3, 4],
  ]);
  expect(answers[0]?.subarray(0, 12).toString('hex')).toBe('567884800001000300000000');
  expect(
    answerOf(prepared, asked.bytes, () => 0)
      .subarray(0, 4)
      .toString('hex'),
  ).toBe('12348580');
  expect(answerOf(prepareAnswer(asked, ['fd00::2']), other, () => 5).toString('hex')).toBe(
    '56788080000100000000000003776562000001' + '0001',
  );
});

test('names of addresses', () => {
  expect(reversedAddress('2.0.18.172.in-addr.arpa')).toBe('172.18.0.2');
  expect(reversedAddress(`${'1.0.0.0.'.repeat(1)}${'0.'.repeat(24)}0.0.d.f.ip6.arpa`)).toBe('fd00::1');
  expect(reversedAddress('web')).toBeUndefined();
  expect(Buffer.from(nameAnswer('web.net').data).toString('hex')).toBe('0377656203' + '6e657400');
});
