// The injected grammar colours behaviour, in each form in which YAML can hold it, and nothing else.

const assert = require('node:assert');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { test, before } = require('node:test');
const { loadWASM, OnigScanner, OnigString } = require('vscode-oniguruma');
const { INITIAL, Registry, parseRawGrammar } = require('vscode-textmate');

const SYNTAXES = join(__dirname, '..', 'syntaxes');
const FILES = { 'source.devgen-behaviour': 'behaviour', 'yaml.devgen-behaviour.injection': 'injection' };
// A small grammar in place of VS Code's own for YAML: the injection must work beside any.
const YAML = {
  scopeName: 'source.yaml',
  patterns: [
    { match: '#.*$', name: 'comment.line.yaml' },
    { match: '[\\w-]+(?=:)', name: 'entity.name.tag.yaml' },
    { match: '\\S+', name: 'string.unquoted.yaml' },
  ],
};

let grammar;

before(async () => {
  await loadWASM(readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm')).buffer);
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (sources) => new OnigScanner(sources),
      createOnigString: (text) => new OnigString(text),
    }),
    loadGrammar: async (scope) => {
      if (scope === 'source.yaml') {
        return parseRawGrammar(JSON.stringify(YAML), 'yaml.json');
      }
      const name = `${FILES[scope]}.tmLanguage.json`;
      return parseRawGrammar(readFileSync(join(SYNTAXES, name), 'utf8'), name);
    },
    getInjections: (scope) => (scope === 'source.yaml' ? ['yaml.devgen-behaviour.injection'] : []),
  });
  grammar = await registry.loadGrammar('source.yaml');
});

/** The words of a text that a scope of the behaviour language colours: word → scope. */
function coloured(text) {
  const found = {};
  let state = INITIAL;
  for (const line of text.split('\n')) {
    const result = grammar.tokenizeLine(line, state);
    state = result.ruleStack;
    for (const token of result.tokens) {
      const scope = token.scopes.at(-1);
      if (scope.endsWith('.devgen')) {
        found[line.slice(token.startIndex, token.endIndex).trim()] = scope.replace('.devgen', '');
      }
    }
  }
  return found;
}

const FORMS = {
  'the rest of a line': '      on_write: STATUS.DONE = u8(value) # why',
  'single quotes': "      on_write: 'STATUS.DONE = u8(value)'",
  'double quotes': '      on_write: "STATUS.DONE = u8(value)"',
  'a block': '      on_write: |\n        if 1:\n          STATUS.DONE = u8(value)\n      at: 4',
  'a list': "      on_write:\n        - 'STATUS.DONE = u8(value)'\n        - 1\n      at: 4",
  'a list in brackets': "      on_write: ['STATUS.DONE = u8(value)', 1]",
  'braces': '      A: {at: 4, on_write: STATUS.DONE = u8(value), access: ro}',
  'a function': '  half(n): STATUS.DONE = u8(value)',
};

for (const [form, text] of Object.entries(FORMS)) {
  test(`behaviour is coloured in ${form}`, () => {
    const found = coloured(text);
    assert.equal(found.STATUS, 'variable.other');
    assert.equal(found.DONE, 'variable.other.property');
    assert.equal(found.u8, 'support.function');
    assert.equal(found.value, 'variable.language');
    assert.equal(found.at, undefined);
    assert.equal(found.access, undefined);
    assert.equal(found.ro, undefined);
  });
}

test('what is not behaviour is left alone', () => {
  assert.deepEqual(coloured('title: if value\n# read: value\nCTRL: {at: 0, title: read value}\nbus: sysbus'), {});
});

test('a block ends where its indentation ends', () => {
  assert.deepEqual(coloured('  on_write: |\n    A = 1\n  title: B'), {
    A: 'variable.other',
    '=': 'keyword.operator',
    1: 'constant.numeric',
  });
});
