import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where this package is installed, from `src` and from `dist`: what it ships lies below. */
export const PACKAGE_ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
