"""Addresses. They are stable: people bookmark them (product.md lists them)."""

from django.urls import path, register_converter

from .addresses import CustomerId
from .views import accounts, batches, correct, customers, home, log, record, results, undo

register_converter(CustomerId, "customer")

urlpatterns = [
    path("", home.home, name="home"),
    path("customers/", customers.customer_list, name="customer_list"),
    path("customers/find/", customers.customer_find, name="customer_find"),
    path("customers/<customer:id>/edit/", correct.customer_edit, name="customer_edit"),
    path("customers/<customer:id>/delete/", correct.customer_delete, name="customer_delete"),
    path("customers/<customer:id>/", customers.customer_detail, name="customer_detail"),
    path("leads/new/", record.lead_new, name="lead_new"),
    path("sales/new/", record.sale_new, name="sale_new"),
    path("sales/minor/", record.sale_minor, name="sale_minor"),
    path("results/<int:number>/", results.result, name="result"),
    path("results/<int:number>/follow/", results.result_follow, name="result_follow"),
    path("results/<int:number>/settle/", results.result_settle, name="result_settle"),
    path("results/<int:number>/resend/", results.result_resend, name="result_resend"),
    path("results/<int:number>/undo/", undo.result_undo, name="result_undo"),
    path("batches/", batches.batch_list, name="batch_list"),
    path("batches/new/", batches.batch_new, name="batch_new"),
    path("batches/<int:number>/", batches.batch_detail, name="batch_detail"),
    path("batches/<int:number>/follow/", batches.batch_follow, name="batch_follow"),
    path("batches/<int:number>/stop/", batches.batch_stop, name="batch_stop"),
    path("batches/<int:number>/resume/", batches.batch_resume, name="batch_resume"),
    path("audit/", log.audit_list, name="audit_list"),
    path("audit/<int:number>/", log.audit_entry, name="audit_entry"),
    path("accounts/login/", accounts.sign_in, name="login"),
    path("accounts/logout/", accounts.sign_out, name="logout"),
    path("healthz", home.healthz, name="healthz"),
    path("readyz", home.readyz, name="readyz"),
]
