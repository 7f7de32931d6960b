import { describe, expect, it } from 'vitest';
import { extract } from './extract.js';

describe('extract for a reward', () => {
  it.each([
    ['so \\boxed{5}', '5'],
    ['\\boxed{1} then \\boxed{2}', '2'],
    ['\\boxed{\\frac{1}{2}} done', '\\frac{1}{2}'],
    ['\\boxed {5}', '5'],
    ['\\boxed{\\{1,2\\}}', '\\{1,2\\}'],
    ['\\boxed{\\boxed{5}}', '5'],
    ['$\\boxed{5}$ and then \\boxed{7', '5'],
    ['\\boxed{3 and \\boxed{5}', '5'],
    ['a } stray brace, \\boxed{5}', '5'],
    ['<think>\\boxed{1}</think> \\boxed{2}', '2'],
    ['<think>a</think><think>b</think>\\boxed{3}', '3'],
    ['\\boxed{4} <think> or \\boxed{5}', '4'],
    ['\\boxed{a\\}b}', 'a\\}b'],
  ])('%s', (text, expected) => {
    expect(extract(text)).toBe(expected);
  });

  it.each([
    '',
    '5',
    'the answer is 5',
    '\\boxed{}',
    '\\boxed{ }',
    '\\boxed{5} and at last \\boxed{}',
    '\\boxed{5',
    '\\boxed 5',
    '\\boxedtext{5}',
    '<think>\\boxed{5}</think> so it is 5',
    '<think>\\boxed{5}',
    '\\boxed{\\boxed{}}',
  ])('nothing in %s', (text) => {
    expect(extract(text)).toBeUndefined();
  });
});

describe('extract for an evaluation', () => {
  it.each([
    ['so \\boxed{5}, not 6', '5'],
    ['The final answer is $\\frac12$.', '$\\frac12$'],
    ['The answer is 12 apples. Thanks for 3 questions.', '12 apples'],
    ['Answer: 4:30 p.m. today', '4:30 p.m. today'],
    ['16 - 7 = 9\n#### 9', '9'],
    ['Final Answer: The largest $n$ is 34.', '34'],
    ['Final answer: Jane started it 3 hours ago. I hope it is correct.', '3'],
    ['The final answer is $[-3, 2]$. I hope it is correct.', '$[-3, 2]$'],
    ['First $x=1$, then $x=2$ and done', 'x=2'],
    ['Thus \\(x+1\\) holds here for all of them', 'x+1'],
    ['Hence \\[ 7 \\] is what we find after all', '7'],
    ['There were first 3 and later on -1,250.5 of them', '-1,250.5'],
    ['We find then a share of 3/4 of everything here', '3/4'],
    ['It rose by about 12\\% in all of these years', '12\\%'],
    ['Answer $ 9 $', '$ 9 $'],
    ['Answer: \\( (9+1) \\)', '\\( (9+1) \\)'],
    ['\\frac{1}{2}', '\\frac{1}{2}'],
    ['Saturday', 'Saturday'],
    ['x^2 + 1', 'x^2 + 1'],
  ])('%s', (text, expected) => {
    expect(extract(text, 'evaluation')).toBe(expected);
  });

  it('finds nothing where nothing is', () => {
    expect(extract('I do not know what to say about it', 'evaluation')).toBeUndefined();
    expect(extract('<think>it is 5', 'evaluation')).toBeUndefined();
  });
});
