/** The domain that a config names, and the real problems that it knows. @throws SoarError VERIFIER_UNKNOWN */
import type { Domain } from '../problems/domain.js';
import { mathematicsDomain, programsDomain, realPrograms } from '../problems/index.js';
import type { Problem } from '../problems/problem.js';
import type { RunConfig } from './config/config.js';

export const openDomain = ({ domain, mathematics }: Pick<RunConfig, 'domain' | 'mathematics'>): Domain =>
  domain === 'programs' ? programsDomain : mathematicsDomain(mathematics);

/** Beside the hard ones, with right answers. */
export const realProblemsOf = ({ domain }: Pick<RunConfig, 'domain'>): Problem[] =>
  domain === 'programs' ? realPrograms() : [];
