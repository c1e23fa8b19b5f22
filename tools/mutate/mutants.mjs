// Finds the rules of a source: each condition, filter, decision and check, with what stands in its place when it is taken away.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

export const root = join(import.meta.dirname, '../..');

const server = 'apps/server/src';
/** Whatever decides who may do what, or what is shown to whom. */
const guarded = [
  'libs/access/src/**/*.ts',
  `${server}/door/*.ts`,
  `${server}/access/{access.guard,row-decision,resources,giving.service,grants.service,teams.service,roles.service,host-groups.service,standing,stored-scope}.ts`,
  `${server}/browsers/{audience,audience-sight,browser-door,browsers.gateway,publisher,sample-ticker,viewers,watch-relay}.ts`,
  `${server}/http/foreign-upgrade.ts`,
  `${server}/sessions/authenticator.ts`,
];

/** In the door, and deciding nothing of that: which calls are shown as jobs, and what of a log is left out for a slow reader. */
const undeciding = /\/door\/(watched-engine|watched-engines|live-log)\.ts$/;

/** Paths from the root of the repository, always in the same order. */
export const guardedFiles = globSync(guarded, { cwd: root })
  .filter((path) => !undeciding.test(path) && !/\.spec\.ts$|\/(index|permissions)\.ts$/.test(path))
  .sort();

const check = /^(refuse|allow|insist|check|assert|admit|deny)/;
const decision = new Set(['decide', 'may', 'sees', 'mayEverywhere', 'maySomewhere', 'shows', 'maskOf', 'mayHear', 'isGiven', 'isLive']);
const predicates = new Set(['filter', 'some', 'every']);

/**
 * The mutants of a source, each `{ file, start, end, to, isStatement, line, rule }`: what stands at `start` to `end` becomes `to`; a statement is left
 * out. They may lie inside one another.
 */
export function mutantsOf(file, text = readFileSync(join(root, file), 'utf8')) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = [];
  const add = (node, to, isStatement = false) => {
    const start = node.getStart(source);
    const line = source.getLineAndCharacterOfPosition(start).line + 1;
    const whole = text.slice(start, node.end).replace(/\s+/g, ' ');
    found.push({ file, start, end: node.end, to, isStatement, line, rule: `${whole} → ${isStatement ? 'nothing' : to}` });
  };
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isDecorator(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isIfStatement(node)) ofIf(node, add);
    if (ts.isConditionalExpression(node)) for (const to of ['true', 'false']) add(node.condition, to);
    if (ts.isCallExpression(node)) ofCall(node, add);
    if (ts.isBinaryExpression(node)) ofBinary(node, add);
    if (ts.isExpressionStatement(node) && check.test(calledName(node.expression))) add(node, '', true);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** A refusal that never comes; a way out that is always taken or never. */
function ofIf({ expression, thenStatement, elseStatement }, add) {
  const last = ts.isBlock(thenStatement) ? thenStatement.statements.at(-1) : thenStatement;
  if (last && ts.isThrowStatement(last)) return add(expression, 'false');
  add(expression, 'false');
  if (!elseStatement) add(expression, 'true');
}

function ofCall(node, add) {
  const name = calledName(node);
  const [given] = node.arguments;
  if (predicates.has(name) && given && ts.isPropertyAccessExpression(node.expression)) add(given, '() => true');
  if (name === 'some' && given) add(given, '() => false');
  if (decision.has(name) && !ts.isExpressionStatement(node.parent)) add(node, 'true');
}

function ofBinary({ operatorToken: { kind }, left, right }, add) {
  if (kind === ts.SyntaxKind.AmpersandAmpersandToken) for (const side of [left, right]) if (isCondition(side)) add(side, 'true');
  if (kind === ts.SyntaxKind.BarBarToken) for (const side of [left, right]) if (isCondition(side)) add(side, 'false');
}

/** Whether an operand is a claim, as far as its form says so. */
function isCondition(node) {
  return !ts.isObjectLiteralExpression(node) && !ts.isStringLiteral(node) && !ts.isArrayLiteralExpression(node);
}

function calledName(node) {
  const call = ts.isAwaitExpression(node) ? node.expression : node;
  if (!ts.isCallExpression(call)) return '';
  const { expression } = call;
  const name = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
  return ts.isIdentifier(name) || ts.isPrivateIdentifier(name) ? name.text.replace(/^#/, '') : '';
}

/** The text with all of its mutants in it, each asleep until `__mutant(id)` says that it is the one; `ids` in the order of the mutants. */
export function withMutants(text, mutants, ids) {
  const all = mutants.map((mutant, index) => ({ ...mutant, id: ids[index] })).sort((a, b) => a.start - b.start || b.end - a.end);
  const render = (start, end, inside) => {
    let at = start;
    let out = '';
    for (let index = 0; index < inside.length;) {
      const { start: from, end: to, isStatement } = inside[index];
      const same = inside.filter((one) => one.start === from && one.end === to && one.isStatement === isStatement);
      const within = inside.filter((one) => !same.includes(one) && one.start >= from && one.end <= to);
      const body = render(from, to, within);
      const wrapped = isStatement
        ? `if (!__mutant(${same[0].id})) { ${body} }`
        : `(${same.map(({ id, to: put }) => `__mutant(${id}) ? (${put}) : `).join('')}(${body}))`;
      out += text.slice(at, from) + wrapped;
      at = to;
      index += same.length + within.length;
    }
    return out + text.slice(at, end);
  };
  return render(0, text.length, all);
}

/** Every mutant of every guarded file; its place in the list is its id. */
export function allMutants() {
  return guardedFiles.flatMap((file) => mutantsOf(file)).map((mutant, id) => ({ ...mutant, id }));
}
