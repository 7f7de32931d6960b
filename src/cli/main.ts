#!/usr/bin/env node
/** The command line: names the commands, parses, and turns what went wrong into a message and an exit code. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addConfigCommand } from './commands/config.js';
import { addEvaluateCommand } from './commands/evaluate.js';
import { addExportCommand } from './commands/export.js';
import { addJudgeCommand } from './commands/judge.js';
import { addPrepareCommand } from './commands/prepare.js';
import { addPretrainCommand } from './commands/pretrain.js';
import { addProbeCommand } from './commands/probe.js';
import { addReportCommand } from './commands/report.js';
import { addResumeCommand } from './commands/resume.js';
import { addRunCommand } from './commands/run.js';
import { addSampleCommand } from './commands/sample.js';
import { addServeSkyrlCommand } from './commands/serve-skyrl.js';
import { addStudyCommand } from './commands/study.js';
import { addVerifyCommand } from './commands/verify.js';
import { exitCodeOf, failureText } from './failure.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

const program = new Command('soar')
  .description(
    'Teaches a language model past its own plateau: a teacher writes questions, students study them, and the teacher is paid by how much the students improve on hard problems that it never sees.',
  )
  .version(version)
  .option('--debug', 'show the stack of an unexpected error')
  .exitOverride()
  .showSuggestionAfterError()
  .addHelpText(
    'after',
    `
Examples:
  $ soar run                                  the main job, on the built-in world, in minutes
  $ soar run --preset smoke                   the whole path in seconds
  $ soar run my.yaml --set soar.datasets=8    your config, one value changed
  $ soar resume programs-seed1                go on after Ctrl-C, a crash or a power cut
  $ soar config --describe > my.yaml          every setting with its meaning
  $ soar sample --run programs-seed1          what the teacher of a run writes now
  $ soar run --preset paper --estimate        what a run will take and cost; opens nothing
  $ soar study                                every arm over twelve seeds: does it work, and why?
  $ soar export programs-seed1 --what student its promoted student as a Hugging Face model folder
  $ soar prepare my.jsonl --model ./my-model  find the problems that a model never solves
  $ soar probe http://127.0.0.1:8000          is this training service fit for SOAR?
  $ soar pretrain --check                     is the built-in world an honest demonstration?

Exit codes: 0 done, 1 a fault of the program, 2 something to mend in the input, 3 disk, memory or a peer, 130 Ctrl-C.`,
  );

addRunCommand(program);
addResumeCommand(program);
addEvaluateCommand(program);
addReportCommand(program);
addConfigCommand(program);
addSampleCommand(program);
addVerifyCommand(program);
addPrepareCommand(program);
addStudyCommand(program);
addJudgeCommand(program);
addPretrainCommand(program);
addExportCommand(program);
addServeSkyrlCommand(program);
addProbeCommand(program);

// `soar config | head` closes the pipe early; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  const text = failureText(error, Boolean(program.opts().debug));
  if (text !== undefined) process.stderr.write(`${text}\n`);
  process.exitCode = exitCodeOf(error);
}
// Engines close with their run; what a stopped run abandoned must not keep the process alive.
process.exit();
