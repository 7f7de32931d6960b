import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { estimateText } from '../../report/estimate.js';
import { resolveConfig } from '../config/config.js';
import { paperHardSet } from './assumptions.js';
import { estimateRun, estimateTitle, priceRows } from './estimate.js';

it('docs/cluster.md shows the estimate of the preset `paper` on a service as the command prints it', () => {
  const docs = readFileSync(new URL('../../../docs/cluster.md', import.meta.url), 'utf8');
  const service = 'engine={kind: tinker, baseUrl: "http://127.0.0.1:8000"}';
  const config = resolveConfig({ preset: 'paper', sets: [service] });
  const estimate = estimateRun(config, paperHardSet);
  const text = estimateText({ ...estimate, rows: priceRows(config, estimate.rows) }, estimateTitle(config), 200);
  const block = `    npx soar run --preset paper --set '${service}' --estimate\n\n${text.replace(/^/gm, '    ')}\n`;
  expect(docs).toContain(`<!-- estimate paper -->\n\n${block}\n<!-- end -->`);
});
