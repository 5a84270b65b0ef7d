/** Whether a tour is being followed: all that the shell needs to know, without the code of tours. */
import { signal } from '@preact/signals';

export const touring = signal(false);
