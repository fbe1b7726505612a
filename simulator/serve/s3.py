"""S3: from the options of the command line to a server."""

from simulator.errors import Misuse
from simulator.serve.service import Offer, Service, Wanted
from simulator.services.s3.auth import Credentials
from simulator.services.s3.program import PORT, TEST, S3Server, S3Service
from simulator.services.s3.settings import Settings, personality
from simulator.services.s3.troubles import S3_SURFACE


def make(wanted: Wanted) -> Service:
    """The server; nothing is opened yet."""
    arguments = wanted.arguments
    return S3Service(
        S3Server(
            host=arguments.host,
            port=wanted.port,
            settings=Settings(region=arguments.region, personality=personality(arguments.personality)),
            credentials=tuple(map(credentials, arguments.credentials)) or (TEST,),
            buckets=tuple(arguments.bucket),
            data=wanted.data,
            fsync=not arguments.no_fsync,
            mapped=True,
            troubles=wanted.troubles,
            seed=arguments.seed,
        ),
        tell=wanted.tell,
    )


def credentials(text: str) -> Credentials:
    """`KEY:SECRET`, or `KEY:SECRET:TOKEN` for temporary ones."""
    key, _, rest = text.partition(":")
    secret, _, token = rest.partition(":")
    if not key or not secret:
        raise Misuse("credentials are KEY:SECRET", hint="as in --credentials test:test; the secret is not shown here")
    return Credentials(access_key=key, secret_key=secret, session_token=token)


def note(wanted: Wanted, service: Service) -> str:
    """What a client needs to know."""
    arguments = wanted.arguments
    known = [credentials(text) for text in arguments.credentials] or [TEST]
    secret = known[0].secret_key if known[0] == TEST else "..."
    return (
        f"AWS_ENDPOINT_URL={service.url} AWS_REGION={arguments.region} "
        f"AWS_ACCESS_KEY_ID={known[0].access_key} AWS_SECRET_ACCESS_KEY={secret}"
    )


OFFER = Offer(
    name="s3",
    port=PORT,
    surface=S3_SURFACE,
    flaky=("error-before", "throttled", "reset-before", "reset-after"),
    slow="slow-first-byte",
    make=make,
    note=note,
)
