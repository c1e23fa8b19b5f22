import { codeFromFragment, problemsOfOwner } from './owner-form.ts';
import { joinCommands } from '../hosts/join-commands.ts';

test('the set-up code is read from the fragment, in either form', () => {
  expect(['#code=AB-12', '#AB-12', '', '#other=1'].map(codeFromFragment)).toEqual(['AB-12', 'AB-12', '', '']);
});

test('each wrong field is named', () => {
  expect(problemsOfOwner({ code: ' ', name: 'a b', password: 'short', repeated: '' })).toEqual({
    code: 'setup.needsCode',
    name: 'setup.needsName',
    password: 'setup.needsPassword',
    repeated: 'setup.differs',
  });
  expect(problemsOfOwner({ code: 'x', name: 'Ada', password: 'correct horse battery', repeated: 'correct horse battery' })).toEqual({});
});

test('a join code is never an argument of the command', () => {
  for (const { command } of joinCommands({ url: 'https://gantry.example', code: 'a.b.c' })) {
    expect(command.split('|').at(-1)).not.toContain('a.b.c');
  }
});
