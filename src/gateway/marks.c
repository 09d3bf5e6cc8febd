/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/marks.h"

#include <stdio.h>
#include <string.h>

void cs_marks_init(cs_marks *m)
{
    memset(m, 0, sizeof *m);
    (void)pthread_mutex_init(&m->lock, NULL);
}

void cs_marks_free(cs_marks *m)
{
    (void)pthread_mutex_destroy(&m->lock);
}

cs_marks_view cs_marks_look(cs_marks *m)
{
    cs_marks_view view;
    (void)pthread_mutex_lock(&m->lock);
    view.serial = m->serial;
    for (size_t i = 0; i < CS_MARKS; i++)
        view.counter[i] = m->of[i].mark.counter;
    (void)pthread_mutex_unlock(&m->lock);
    return view;
}

/* The epoch's place, or the one that has been quiet for longest. */
static size_t find(const cs_marks *m, const char *epoch)
{
    size_t oldest = 0;
    for (size_t i = 0; i < CS_MARKS; i++) {
        if (m->of[i].used > 0 && strcmp(m->of[i].mark.epoch, epoch) == 0)
            return i;
        if (m->of[i].used < m->of[oldest].used)
            oldest = i;
    }
    return oldest;
}

static cs_err note_locked(cs_marks *m, const cs_marks_view *before, const char *epoch, int64_t counter)
{
    size_t i = find(m, epoch);
    bool known = m->of[i].used > 0 && strcmp(m->of[i].mark.epoch, epoch) == 0;
    if (known && m->of[i].since <= before->serial && counter <= before->counter[i])
        return CS_COUNTER_NOT_FRESH;
    m->of[i].used = ++m->serial;
    if (!known) {
        m->of[i].since = m->serial;
        m->of[i].mark.counter = counter;
        (void)snprintf(m->of[i].mark.epoch, sizeof m->of[i].mark.epoch, "%s", epoch);
    } else if (counter > m->of[i].mark.counter) {
        m->of[i].mark.counter = counter;
    }
    return CS_OK;
}

cs_err cs_marks_note(cs_marks *m, const cs_marks_view *before, const char *epoch, int64_t counter)
{
    (void)pthread_mutex_lock(&m->lock);
    cs_err err = note_locked(m, before, epoch, counter);
    (void)pthread_mutex_unlock(&m->lock);
    return err;
}
