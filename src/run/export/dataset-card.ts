/** README.md of exported promotion questions. Pure. */
import { promotionsOf } from '../entries.js';
import { aboutDomain, type CardFacts, frontMatter, howMade, licence, numbers, paper, tags } from './card-parts.js';

/** @param file name of the data file; @param rows its number of rows */
export function datasetCard(facts: CardFacts, file: string, rows: number): string {
  const { run, base, history } = facts;
  const promotions = promotionsOf(history).length;
  const front = {
    ...base.license,
    task_categories: ['question-answering'],
    tags: [...tags, 'synthetic'],
    configs: [{ config_name: 'default', data_files: file }],
  };
  return `${frontMatter(front)}
# Promotion questions of ${run}

${rows.toLocaleString('en')} questions with answers that a language model wrote for itself: the datasets of ${promotions === 1 ? 'the one promotion' : `all ${promotions} promotions`} of a run of ${paper}. Each dataset is
the one whose students improved most on hard problems at its outer step. The model that wrote them is ${base.name} as the run's teacher had become by then.

| column | what it holds |
| --- | --- |
| id | unique in the run |
| question | as the teacher wrote it |
| answer | the teacher's own, right or wrong |
| kind | what the domain calls this kind of question; null where it names none |
| promotion | the promotion that the question belongs to, from 1 |
| step | the outer step of that promotion, from 1 |

## How it was made

${howMade(facts)}

## Numbers

${numbers(facts, 'The row SOAR-PQ, where there is one, trains fresh students on the hard problems and these questions.')}

## Licence

${licence(facts, 'this set')}

## Limits

Answers were not checked: what counts for a promotion is how much students improve, not whether the answers are right. The questions suit the model that wrote them, at the time it wrote them. ${aboutDomain(facts)}
`;
}
