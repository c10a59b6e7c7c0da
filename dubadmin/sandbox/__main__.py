import sys

from dubadmin.sandbox.cli import main

sys.exit(main())
