/* log.h: one line an event on standard error, `level key=value …` in logfmt, with the journal's priority prefix under
 * systemd. */
#ifndef RUNG_COMMON_BASE_LOG_H
#define RUNG_COMMON_BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_N_LEVELS };

/* Called once by main(): the name that each line begins with, and the last level that is still printed. */
void log_open(const char *program, enum log_level level);

/* Prints `program: level: text`, control characters made visible, at most 1 KiB. Never changes errno. */
void log_at(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_at(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)

#endif
