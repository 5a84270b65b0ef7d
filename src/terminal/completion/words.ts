/** Words of several commands that completions offer where other values are taken too. */

/** Data sets; a name that ends with a colon goes on with a folder. */
export const DATA_WORDS = ['mnist', 'fashion-mnist', 'teacher', 'idx:', 'cifar10:'] as const;
/** Named networks. */
export const NETWORK_WORDS = ['mlp', 'lenet5', 'cnn-small', 'resnet8'] as const;
/** Optimisers. */
export const OPTIMISER_WORDS = ['sgd', 'rmsprop', 'adam', 'adamw'] as const;
