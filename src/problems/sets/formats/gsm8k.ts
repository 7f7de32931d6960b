/** GSM8K (Cobbe et al. 2021): question, and an answer whose last line is `#### ` and the number. */
import { type Format, has, text } from './format.js';

const mark = '####';

export const gsm8k: Format = {
  recognises: (fields) => has(fields, 'question', 'answer') && text(fields.answer).includes(mark),
  read(fields) {
    const answer = text(fields.answer);
    const at = answer.lastIndexOf(mark);
    return { question: text(fields.question), gold: at < 0 ? '' : answer.slice(at + mark.length).trim() };
  },
};
