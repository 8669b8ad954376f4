/* limits.h: every maximum in one place, checked where data enters. */
#ifndef RUNG_COMMON_BASE_LIMITS_H
#define RUNG_COMMON_BASE_LIMITS_H

#define LIMIT_NAME 64                 /* bytes of a name: campaign, parameter, metric, worker; with its NUL 65 */
#define LIMIT_PARAMS 128              /* parameters of a space */
#define LIMIT_CHOICES 4096            /* choices of one categorical parameter */
#define LIMIT_EXPRESSIONS 64          /* entries of `where` */
#define LIMIT_EXPRESSION 1024         /* bytes of one `where` or `when` */
#define LIMIT_EXPRESSION_STEPS 100000 /* steps of SQLite's machine that one evaluation may take */
#define LIMIT_EXPRESSION_DEPTH 200    /* nested operators and calls of one expression */
#define LIMIT_EXPRESSION_TEXT 65536   /* bytes of a text that an expression makes */
#define LIMIT_CHOICE_TEXT 1024        /* bytes of a choice that is a text, or of a text in `fixed` */
#define LIMIT_ETA 64                  /* the reduction factor between rungs */
#define LIMIT_TIMEOUT_DAYS 366        /* a time limit of a campaign */
#define LIMIT_MEMORY_GIB (1 << 20)    /* a memory limit of a campaign */
#define LIMIT_PROBLEMS 200            /* mistakes of one file that are kept; more are counted */
#define LIMIT_ENQUEUE 10000           /* configurations to try first */
#define LIMIT_IMPORT 1000             /* results from elsewhere in one message */
#define LIMIT_IMPORTS 200000          /* and of one campaign */
#define LIMIT_TRIALS 10000000         /* trials of a campaign */
#define LIMIT_BUDGET 1000000000       /* a budget, in the trial's unit */
#define LIMIT_RUNGS 20                /* rungs of a bracket */
#define LIMIT_COMMAND 64              /* words of a trial's command */
#define LIMIT_COMMAND_WORD 4096       /* bytes of one of them */
#define LIMIT_ALLOWED 2048            /* bytes of a worker's list of programs that it runs */
#define LIMIT_PRINTED_LINE 4096       /* bytes of a printed line in which metrics are looked for */
#define LIMIT_FILES 256               /* files that travel with a campaign */
#define LIMIT_CAMPAIGN_FILE (4 << 20) /* bytes of a campaign file */
#define LIMIT_FRAME (1 << 20)         /* bytes of a wire message, header included */
#define KEY_TEXT 41                   /* bytes of a CURVE key in Z85, its NUL included */
#define LIMIT_JSON_DEPTH 16           /* nested arrays and objects */
#define LIMIT_JSON_TOKENS 200000      /* values in one text */
#define LIMIT_JSON_KEYS 2000          /* members of one object: duplicates are looked for one by one */
#define LIMIT_BLOB_CHUNK (256 << 10)  /* bytes of a blob that one message carries */
#define LIMIT_METRICS 32              /* metrics of one report */
#define LIMIT_CURVE 4096              /* points of a curve that one result carries */
#define LIMIT_REASON 4096             /* bytes of the reason of a failure */
#define LIMIT_KERNEL 64               /* bytes of the name of the arithmetic that a trial used */
#define LIMIT_LOG_TAIL (16 << 10)     /* bytes of a trial's output that are kept with an attempt */
#define LIMIT_TRIAL_LINE (64 << 10)   /* bytes of one line of the trial contract */
#define LIMIT_HAPPENINGS 500          /* events of one answer */
#define LIMIT_WHO 320                 /* bytes of user@host */
#define LIMIT_NOTE 900                /* bytes of a note on a trial */
#define LIMIT_STEERED 1000            /* trials that one request names */
#define LIMIT_SLOTS 256               /* slots of one worker */
#define LIMIT_WEIGHT 1000             /* of a campaign beside others */
#define LIMIT_WORKERS 4096            /* workers that are connected at once */
#define LIMIT_CAMPAIGNS 1024          /* campaigns of one store */
#define LIMIT_SEQUENCE 100000         /* frames of one sequence */
#define LIMIT_FEATURES 4096           /* numbers of one frame */
#define LIMIT_CLASSES 4096            /* classes of a data set */
#define LIMIT_SEQUENCES 10000000      /* sequences of a data set */
#define LIMIT_NUMBERS (1LL << 30)     /* numbers of a data set: 4 GiB of floats */
#define LIMIT_DATA_LINE (64 << 20)    /* bytes of one line of a data file */
#define LIMIT_DATA_BYTES (8LL << 30)  /* bytes of a data file, unpacked */
#define LIMIT_DATA_RATIO 200          /* times its size that an archive may grow to, ... */
#define LIMIT_DATA_FREE (64 << 20)    /* ... once it has grown to this many bytes */

#endif
