/** The rules of the house, held against the house. Run by `npm run check`. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { RULES } from './support/house-rules.ts';
import { projectSources } from './support/sources.ts';

const sources = projectSources();

test('the house is there to be looked at', () => {
  for (const path of ['shared/protocol.ts', 'server/config.ts', 'web/index.html', 'test/house.test.ts']) {
    assert.ok(
      sources.some((source) => source.path === path),
      path,
    );
  }
});

for (const { name, offences, breach } of RULES) {
  test(name, () => {
    assert.deepEqual(offences(sources), []);
    assert.notEqual(offences(breach).length, 0, 'the rule does not notice a breach');
  });
}
