import { expect, it } from 'vitest';
import { licenseOf, publishedName } from './base-card.js';

it.each<[string, string, string, object]>([
  ['front matter', '---\nlicense: mit\nother: 1\n---\n# x', '{}', { license: 'mit' }],
  [
    'front matter of Windows',
    '\uFEFF---\r\nlicense: [mit, apache-2.0]\r\n---\r\n',
    '',
    { license: ['mit', 'apache-2.0'] },
  ],
  [
    'a licence with a name',
    '---\nlicense: other\nlicense_name: own\nlicense_link: LICENSE\n---\n',
    '{}',
    { license: 'other', license_name: 'own', license_link: 'LICENSE' },
  ],
  ['the config', '# no front matter', '{"license": "apache-2.0", "license_name": 3}', { license: 'apache-2.0' }],
  ['neither', '', '', { license: 'other' }],
  ['a broken card', '---\nlicense: [\n---\n', 'no json {', { license: 'other' }],
  ['something that is no licence', '---\nlicense: 7\n---\n', '[]', { license: 'other' }],
])('takes the licence from %s', (_, card, config, expected) => {
  expect(licenseOf(card, config)).toEqual(expected);
});

it('names a model as it was published, and never by a path', () => {
  expect(publishedName('/home/me/.cache/hub/models--org--a-model/snapshots/0123')).toBe('org/a-model');
  expect(publishedName('/home/me/models/mine')).toBe('mine');
});
