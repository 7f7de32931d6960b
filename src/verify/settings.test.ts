import { expect, it } from 'vitest';
import { completePolicy, defaultPolicy } from './policy.js';
import { verificationPolicySchema } from './settings.js';

it('the schema and the plain policy have the same fields and defaults', () => {
  expect(verificationPolicySchema.parse({})).toEqual(defaultPolicy);
  expect(completePolicy({ units: 'required' })).toEqual(verificationPolicySchema.parse({ units: 'required' }));
  expect(() => verificationPolicySchema.parse({ unis: 'required' })).toThrow();
  for (const field of Object.values(verificationPolicySchema.shape)) expect(field.description).toBeTruthy();
});
