"""The portal on its real parts: web server, Celery worker and sandbox in processes of their own, on the test's database."""
