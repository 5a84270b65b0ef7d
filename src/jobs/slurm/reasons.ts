/** Why jobs wait, as squeue names it, and what a user can do about those reasons that do not pass by themselves. */

/** Holds what a reason means. */
export interface Waiting {
  /**
   * 'usual': it passes; 'held': it passes when somebody changes something; 'never': the job as submitted cannot start; 'lost': a node
   * failed when it was to start, and the same job submitted again may start on another.
   */
  readonly kind: 'usual' | 'held' | 'never' | 'lost';
  /** A short note for the usual ones, else a sentence that names what to change. */
  readonly text: string;
}

const TABLE: readonly (readonly [RegExp, Waiting['kind'], string])[] = [
  [
    /^PartitionNodeLimit/,
    'never',
    'the partition has no such nodes, or not so many: choose another one with partition=NAME (sinfo lists them)',
  ],
  [
    /^PartitionTimeLimit/,
    'never',
    'the partition allows less time: choose less with time=…, or another partition (sinfo lists them)',
  ],
  [
    /^(?:BadConstraints|InvalidConstraint)/,
    'never',
    'no node has what is asked for: change constraint, mem or gres (scontrol show node lists what nodes have)',
  ],
  [
    /^Invalid(?:Account|QOS)|^(?:Account|QOS)NotAllowed/,
    'never',
    'this account or QOS may not be used here: choose another one with account=… or qos=…',
  ],
  [/^Dependency?NeverSatisfied/, 'never', 'the job waits for one that has failed'],
  [
    /^(?:launch failed|JobHoldMaxRequeue)/,
    'lost',
    'nodes could not start the job: see scontrol show job, and ask the administrator of the cluster',
  ],
  [/^JobHeld/, 'held', 'the job is on hold: scontrol release JOB lets it start'],
  [/^(?:Assoc|QOS)\w*Submit/, 'held', 'the limit of submitted jobs is reached'],
  [
    /^(?:Assoc|QOS)\w*(?:Minutes|RunMinutes|Billing)/,
    'held',
    'the time that the account may use is spent: choose another one with account=… or qos=…',
  ],
  [
    /^AssocGrp|^QOSGrp/,
    'held',
    'the group has reached its limit: jobs start when others of the group have ended, or choose another account=… or qos=…',
  ],
  [
    /^(?:AssocMax|QOSMax|MaxCpuPer|QOSMin|QOSUsage)/,
    'held',
    'your jobs have reached a limit of account or QOS: they start when others of yours have ended, or choose another account=… or qos=…',
  ],
  [
    /^Partition(?:Down|Inactive)/,
    'held',
    'the partition is down: choose another one with partition=NAME (sinfo lists them), or wait until it is up',
  ],
  [
    /^(?:ReqNodeNotAvail|NodeDown|NodeNotAvail)/,
    'held',
    'nodes that are asked for are down, reserved or drained: see sinfo -R; without constraint and nodelist there may be others',
  ],
  [/^Reservation/, 'held', 'the job waits for its reservation'],
  [/^Licenses/, 'held', 'the job waits for licences'],
];

/** Says what a reason of squeue means. */
export function waitingFor(reason: string): Waiting {
  const plain = reason.replace(/^\(|\)$/g, '');
  const found = TABLE.find(([pattern]) => pattern.test(plain));
  if (found) return { kind: found[1], text: `${plain}: ${found[2]}` };
  const usual = plain === '' || plain === 'None' || plain === 'null';
  return { kind: 'usual', text: usual ? 'waiting for Slurm' : `waiting for ${plain}` };
}
