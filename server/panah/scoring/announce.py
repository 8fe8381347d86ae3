"""Tells all processes that share a Redis that what judges has changed, so that they look at once.

Without Redis, or while it is down, each process finds out at its next regular look into the database.
"""

import asyncio
import logging
from typing import TYPE_CHECKING

from panah.settings import Settings

# redis itself is imported where it is used: most instances run without (app.py).
if TYPE_CHECKING:
    from redis.asyncio import Redis

log = logging.getLogger("panah")

CHANNEL = "panah:changed"
WORD = b"look"  # all that a message holds: what changed is in the database
QUIET = 15.0  # seconds without a message after which the connection is looked at
PAUSE = 1.0  # seconds before Redis is tried again


def tell(settings: Settings) -> None:
    """Wakes those who listen. Called after the change is committed; a Redis that fails is logged and no more."""
    if settings.redis_url is None:
        return
    from redis import Redis, RedisError

    timeout = settings.redis_timeout
    redis = Redis.from_url(str(settings.redis_url), socket_timeout=timeout, socket_connect_timeout=timeout)
    try:
        redis.publish(CHANNEL, WORD)
    except (RedisError, OSError) as error:
        log.warning("a change was not announced: %s", type(error).__name__)
    finally:
        redis.close()


async def listen(redis: "Redis", wake: asyncio.Event) -> None:
    """Sets `wake` at each announcement, until cancelled. A Redis that fails is tried again and again."""
    from redis import RedisError

    while True:
        try:
            async with redis.pubsub() as subscription:
                await subscription.subscribe(CHANNEL)
                wake.set()  # something may have been announced while nobody listened
                while True:
                    message = await subscription.get_message(timeout=QUIET)
                    if message is None:
                        await subscription.ping()  # a connection that died in silence fails here
                    elif message["type"] == "message":
                        wake.set()
        except (RedisError, OSError) as error:
            log.warning("not listening for changes: %s", type(error).__name__)
        await asyncio.sleep(PAUSE)
