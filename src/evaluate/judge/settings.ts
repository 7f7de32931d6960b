/** The config section `judge:`: a chat model that annotates questions of mathematics (method.md 5.8). */
import { z } from 'zod';

export const judgeSettingsSchema = z
  .strictObject({
    api: z.enum(['openai', 'anthropic']).default('openai').describe('Form of the chat endpoint.'),
    baseUrl: z
      .url()
      .nullable()
      .default(null)
      .describe('Root of the endpoint, as in http://localhost:8000/v1 or https://api.anthropic.com/v1.'),
    model: z.string().min(1).default('judge').describe('Name of the model, as the endpoint knows it.'),
    keyVariable: z
      .string()
      .regex(/^[A-Z_][A-Z0-9_]*$/, 'name an environment variable')
      .default('JUDGE_API_KEY')
      .describe('Environment variable that holds the key; the key itself never stands in a config or a file.'),
    maxTokens: z.int().min(16).default(4096).describe('Most tokens of an annotation, its reasoning included.'),
    attempts: z
      .int()
      .min(1)
      .default(5)
      .describe('Tries of a request that the endpoint refuses for now, or answers with garbage.'),
    timeout: z.number().gt(0).default(120).describe('Seconds that one request may take.'),
    concurrent: z.int().min(1).default(4).describe('Requests under way at once.'),
    prices: z
      .strictObject({
        input: z.number().min(0).default(0).describe('Per million tokens of the prompt.'),
        output: z.number().min(0).default(0).describe('Per million tokens of the answer.'),
      })
      .prefault({})
      .describe('Money per million tokens in and out, for the cost and its cap.'),
    maxCost: z
      .number()
      .gt(0)
      .nullable()
      .default(null)
      .describe('No request is begun once so much is spent; null: no cap.'),
  })
  .superRefine(({ maxCost, prices }, context) => {
    if (maxCost === null || prices.input > 0 || prices.output > 0) return;
    context.addIssue({
      code: 'custom',
      path: ['maxCost'],
      message: 'a cap on the cost needs prices: set judge.prices.input and judge.prices.output',
    });
  })
  .describe('Who annotates questions with `soar judge`.');

export type JudgeSettings = z.output<typeof judgeSettingsSchema>;
