/** README.md of an exported model. Pure. */
import { bestOf } from '../../evaluate/best-promotion.js';
import { promotionsOf } from '../entries.js';
import { aboutDomain, type CardFacts, frontMatter, howMade, licence, numbers, paper, tags } from './card-parts.js';

/** @param parameters number of those that were trained */
export function modelCard(facts: CardFacts, parameters: number): string {
  const { run, base, frozen, choice } = facts;
  const adapter = choice.format === 'peft';
  const teacher = choice.what === 'teacher';
  const title = teacher ? `Teacher of ${run}` : `Student of ${run}, promotion ${choice.promotion}`;
  const front = {
    ...base.license,
    base_model: adapter ? frozen : base.name,
    library_name: adapter ? 'peft' : 'transformers',
    pipeline_tag: 'text-generation',
    tags: [...tags, 'rloo', teacher ? 'teacher' : 'student'],
  };
  return `${frontMatter(front)}
# ${title}

${teacher ? aboutTeacher(facts, parameters) : aboutStudent(facts, parameters)}

${adapter ? useOfAdapter(facts) : useOfModel}

## How it was made

${howMade(facts)}

## Numbers

${numbers(facts, teacher ? teacherNote : studentNote(facts))}

## Licence

${licence(facts, 'this model')}

## Limits

${teacher ? teacherLimits : studentLimits} ${aboutDomain(facts)} No other ability of the base model was looked at, and none was protected: check what you need.
`;
}

const useOfModel = `Weights are in single precision; tokenizer and generation settings are the base model's own.

    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained("<this folder>")
    tokenizer = AutoTokenizer.from_pretrained("<this folder>")`;

const useOfAdapter = ({ base, frozen }: CardFacts) =>
  `A LoRA adapter in single precision; it needs ${frozen === base.name ? 'its base model' : `the model ${frozen}, and has the adapter ${base.name} in it`}.

    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained("<the base model>")
    model = PeftModel.from_pretrained(base, "<this folder>")`;

const llama = ({ base, config }: CardFacts, parameters: number) =>
  `${config.engine.kind === 'tinker' || config.engine.lora ? 'LoRA adapters' : 'A model of the Llama kind'} of ${parameters.toLocaleString('en')} parameters, trained from ${base.name} by ${paper}`;

const aboutTeacher = (facts: CardFacts, parameters: number) =>
  `${llama(facts, parameters)}: the teacher policy after outer step ${facts.choice.step}. It writes question-answer pairs for students to study, and was paid by how much they then improved on hard problems that it never saw.`;

const aboutStudent = (facts: CardFacts, parameters: number) =>
  `${llama(facts, parameters)}: the student that promotion ${facts.choice.promotion} of ${promotionsOf(facts.history).length} made the new baseline, at outer step ${facts.choice.step}. It studied questions that the teacher wrote, by RLOO, and never trained on a hard problem.`;

const teacherNote =
  'The row Grounded-T, where there is one, trains fresh students on questions of this teacher; the teacher itself is not graded.';

function studentNote({ history, choice }: CardFacts): string {
  if (!history.promotedAccuracies) return 'No row of the table is this model.';
  const best = bestOf(history.promotedAccuracies) + 1;
  return best === choice.promotion
    ? 'The row SOAR-PS is this model.'
    : `No row of the table is this model: SOAR-PS is the student of promotion ${best}.`;
}

const teacherLimits =
  'The teacher’s own answers may be wrong: students learn from them all the same, and the reward does not ask for right ones.';
const studentLimits =
  'The student was chosen by the gain on a few hard training problems, which overstates it; numbers on held-out problems do not have this fault.';
