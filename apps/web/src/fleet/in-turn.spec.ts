import { inTurn } from './in-turn.ts';

test('an answer that was overtaken by a newer one to the same question is not taken, others are', () => {
  const ask = inTurn();
  const shown: string[] = [];
  const [older, other, newer] = [ask('a'), ask('b'), ask('a')];
  newer(() => shown.push('a, newer'));
  older(() => shown.push('a, older'));
  other(() => shown.push('b'));
  ask('a')(() => shown.push('a, newest'));

  expect(shown).toEqual(['a, newer', 'b', 'a, newest']);
});
