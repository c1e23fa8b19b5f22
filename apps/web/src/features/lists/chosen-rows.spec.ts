import { computed, effectScope, nextTick, watch } from 'vue';
import { ChosenRows } from './chosen-rows.ts';

test('who has read of it hears of many changes once, and then reads all of them', async () => {
  const chosen = new ChosenRows<number>();
  const heard: number[] = [];
  const scope = effectScope();
  scope.run(() =>
    watch(
      () => chosen.size,
      (size) => heard.push(size),
    ),
  );
  for (let row = 0; row < 1000; row++) chosen.add(row);
  await nextTick();
  expect(heard).toEqual([1000]);
  chosen.delete(5);
  chosen.delete(5);
  await nextTick();
  chosen.clear();
  chosen.clear();
  await nextTick();
  expect(heard).toEqual([1000, 999, 0]);
  scope.stop();
});

test('what was derived from it is right again at once, in whatever order it is read', () => {
  const chosen = new ChosenRows<string>();
  const [hasA, all] = [computed(() => chosen.has('a')), computed(() => [...chosen])];
  expect([hasA.value, all.value]).toEqual([false, []]);
  chosen.add('b').add('a');
  expect(all.value).toEqual(['b', 'a']);
  chosen.add('c');
  expect([hasA.value, all.value]).toEqual([true, ['b', 'a', 'c']]);
  chosen.delete('a');
  expect([hasA.value, all.value, chosen.size]).toEqual([false, ['b', 'c'], 2]);
});
