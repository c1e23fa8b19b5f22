import { readFile } from 'node:fs/promises';
import { sealedColumns } from './sealed-values.store.ts';

test('every column that the schema calls sealed is sealed again when the key changes', async () => {
  const schema = await readFile(new URL('../../../../prisma/schema.prisma', import.meta.url), 'utf8');
  const models = [...schema.matchAll(/^model (\w+) \{\n([^]*?)^\}/gm)];
  const sealed = models.flatMap(([, table, body = '']) =>
    [...body.matchAll(/\/\/\/ Sealed\b.*\n\s+(\w+)/g)].map(([, field]) => ({ table, field })),
  );

  expect(sealed).toEqual(expect.arrayContaining([{ table: 'Totp', field: 'secret' }]));
  expect(sealedColumns.map(({ table, field }) => ({ table, field })).sort(byTable)).toEqual(sealed.sort(byTable));
});

function byTable(a: { table: string | undefined }, b: { table: string | undefined }): number {
  return (a.table ?? '').localeCompare(b.table ?? '');
}
