/** The domain that a config names. @throws SoarError VERIFIER_UNKNOWN */
import type { Domain } from '../problems/domain.js';
import { mathematicsDomain, programsDomain } from '../problems/index.js';
import type { RunConfig } from './config/config.js';

export const openDomain = ({ domain, mathematics }: Pick<RunConfig, 'domain' | 'mathematics'>): Domain =>
  domain === 'programs' ? programsDomain : mathematicsDomain(mathematics);
