#!/bin/sh
# To /usr/local/bin/countersign: any command of Countersign as the service runs it, as root:
#   countersign doctor
#   countersign backup /mnt/backup/countersign.db
# systemd hands it the same settings and secrets, and makes it the same user.
exec systemd-run --quiet --pipe --wait --collect \
    --property=User=countersign \
    --property=Group=countersign \
    --property=WorkingDirectory=/opt/countersign \
    --property=EnvironmentFile=/etc/countersign/countersign.env \
    --property=Environment=CONFIG=/etc/countersign/countersign.toml \
    --property=Environment=STORAGE__URL=sqlite:////var/lib/countersign/countersign.db \
    --property=Environment=PYTHONDONTWRITEBYTECODE=1 \
    --property=LoadCredential=secrets:/etc/countersign/secrets \
    --property=UMask=0077 \
    --property=NoNewPrivileges=yes \
    /opt/countersign/.venv/bin/python app.py "$@"
