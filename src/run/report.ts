/** A run's report from its folder alone; of a run that goes on, too. */
import { reportHtml } from '../report/index.js';
import type { RunReportData } from '../report/types.js';
import type { Disk } from './disk.js';
import type { RunEntry } from './entries.js';
import { readJournal } from './journal.js';
import { isLocked } from './lock.js';
import { readMetrics } from './metrics.js';
import { reportData } from './report-data.js';
import { type RunPaths, readRunConfig } from './run-folder.js';
import { writeWhole } from './write-whole.js';

/** Writes report.html and gives what it shows. */
export async function reportRun(paths: RunPaths, disk: Disk): Promise<RunReportData> {
  const config = readRunConfig(paths);
  const entries = await readJournal<RunEntry>(paths.journal, disk);
  const metrics = await readMetrics(paths.metrics, disk);
  const done = (await disk.read(paths.results)) !== undefined;
  const state = done ? 'finished' : (await isLocked(paths.folder)) ? 'running' : 'stopped';
  const data = reportData({ name: paths.name, state, config, entries, metrics });
  await writeWhole(paths.report, reportHtml(data), disk);
  return data;
}
